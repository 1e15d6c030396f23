package io.keylapse.app.embedded;

import io.zonky.test.db.postgres.embedded.DefaultPostgresBinaryResolver;
import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.apache.commons.io.FileUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Embedded stores in a temporary directory, for tests. They flush nothing to disk, and Postgres starts with a copy of an
 * initialized cluster: {@code initdb} takes two seconds. So all of them have the same system identifier and password.
 */
public final class ThrowawayStores {
    private static final Logger LOG = LoggerFactory.getLogger(ThrowawayStores.class);

    private static final Path NOWHERE = Path.of("/dev/null");

    /** Raise it when {@link PostgresProcess} initializes clusters otherwise, because they are kept between runs. */
    private static final int FORM = 1;

    private ThrowawayStores() {}

    /** Starts stores, which are deleted when they are closed or when the JVM ends. Deletes what killed runs left. */
    public static EmbeddedStores start() {
        return start(DefaultPostgresBinaryResolver.INSTANCE);
    }

    /** The same with another version of Postgres. */
    public static EmbeddedStores start(PgBinaryResolver postgresArchive) {
        ThrowawayDirectory throwaway = ThrowawayDirectory.create();
        throwaway.leftovers().forEach(ThrowawayStores::clear);
        var programs = new Programs(throwaway.sharedPrograms(), postgresArchive);
        DataDirectory directory = DataDirectory.open(throwaway.path());
        try {
            copyCluster(programs, directory);
        } catch (RuntimeException e) {
            directory.close();
            throwaway.delete();
            throw e;
        }
        EmbeddedStores stores =
                EmbeddedStores.start(EmbeddedStores.prepare(directory, programs, false, throwaway::delete));
        Runtime.getRuntime().addShutdownHook(new Thread(stores::close, "throwaway-stores"));
        return stores;
    }

    private static void clear(ThrowawayDirectory leftover) {
        try {
            DataDirectory directory = DataDirectory.open(leftover.path());
            EmbeddedStores stores =
                    EmbeddedStores.prepare(directory, new Programs(leftover.sharedPrograms()), false, leftover::delete);
            EmbeddedStores.inParallel(stores.postgres()::stopOrphan, stores.redis()::stopOrphan);
            stores.close();
        } catch (EmbeddedStoresException e) {
            LOG.debug("{} is kept, another run uses it", leftover.path(), e);
        }
    }

    private static void copyCluster(Programs programs, DataDirectory directory) {
        try {
            Path cluster = cluster(programs);
            for (String part : List.of("store-password", "postgres")) {
                PostgresPair.copy(cluster.resolve(part), directory.postgres().resolveSibling(part), NOWHERE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The initialized cluster for these programs, which is made by the first test that needs it. */
    private static Path cluster(Programs programs) throws IOException, InterruptedException {
        Path version = Objects.requireNonNull(programs.postgres().getParent());
        Path cluster = version.resolveSibling("cluster-" + FORM + "-of-" + version.getFileName());
        if (Files.notExists(cluster)) {
            Path draft = Files.createTempDirectory(programs.folder(), PrivateFile.DRAFT);
            try {
                new PostgresProcess(
                                draft.resolve("postgres"),
                                NOWHERE,
                                programs::postgres,
                                draft.resolve("store-password"),
                                false)
                        .prepare();
            } catch (IOException | RuntimeException e) {
                FileUtils.deleteQuietly(draft.toFile());
                throw e;
            }
            Programs.settle(draft, cluster);
        }
        return cluster;
    }
}
