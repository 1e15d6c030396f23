package io.keylapse.app.embedded;

import io.keylapse.harness.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * The embedded servers, with a Postgres whose clock libfaketime skews. That does not work for Redis, whose allocator
 * reads the time before libfaketime is initialized.
 */
public final class SkewedStores implements Stores {
    private final Path folder;
    private final PostgresProcess postgres;
    private final RedisProcess redis;

    /**
     * Starts stores with a Postgres clock that is ahead of this machine's clock by that much; behind it, if negative.
     */
    public SkewedStores(Duration ofPostgres) {
        try {
            folder = Files.createTempDirectory("keylapse-skewed-").toRealPath();
            Files.createDirectories(folder.resolve("redis"));
            Path programs = Files.createDirectories(folder.resolve("programs"));
            var unpacked = new Programs(Files.createDirectories(Path.of(
                    System.getProperty("java.io.tmpdir"),
                    "keylapse-programs-skewed-" + System.getProperty("user.name"))));
            Path bin = Files.createDirectories(programs.resolve("bin"));
            for (String name : List.of("postgres", "initdb", "pg_ctl")) {
                wrap(unpacked.postgres().resolve(name), bin.resolve(name), ofPostgres);
            }
            Path password = folder.resolve("store-password");
            postgres = new PostgresProcess(
                    folder.resolve("postgres"), folder.resolve("postgres.log"), () -> bin, password, false);
            redis = new RedisProcess(
                    folder.resolve("redis"),
                    folder.resolve("redis.log"),
                    unpacked::redisServer,
                    postgres.password(),
                    false);
            postgres.start();
            redis.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> environment(Duration ahead) {
        return Map.of(
                "LD_PRELOAD",
                library().orElseThrow().toString(),
                "FAKETIME",
                "%+d".formatted(ahead.toSeconds()),
                // Measured durations stay correct.
                "DONT_FAKE_MONOTONIC",
                "1");
    }

    /** Whether libfaketime is installed. */
    public static boolean arePossible() {
        return library().isPresent();
    }

    private static Optional<Path> library() {
        return Stream.of("x86_64", "aarch64")
                .map(machine -> Path.of("/usr/lib/" + machine + "-linux-gnu/faketime/libfaketimeMT.so.1"))
                .filter(Files::exists)
                .findFirst();
    }

    private static void wrap(Path program, Path wrapper, Duration ahead) throws IOException {
        var script = new StringBuilder("#!/bin/sh\n");
        if (!ahead.isZero()) {
            environment(ahead).forEach((name, value) -> script.append("export %s='%s'%n".formatted(name, value)));
        }
        Files.writeString(wrapper, script.append("exec '%s' \"$@\"%n".formatted(program)));
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Override
    public String postgresUrl() {
        return postgres.url();
    }

    @Override
    public String postgresUser() {
        return PostgresProcess.USER;
    }

    @Override
    public String postgresPassword() {
        return postgres.password();
    }

    @Override
    public String redisUri() {
        return redis.uri();
    }

    @Override
    public void interruptRedis() {
        redis.stop();
    }

    @Override
    public void resumeRedis() {
        redis.start();
    }

    @Override
    public void interruptPostgres() {
        postgres.stop();
    }

    @Override
    public void resumePostgres() {
        postgres.start();
    }

    @Override
    public void close() {
        redis.stop();
        postgres.stop();
        FileUtils.deleteQuietly(folder.toFile());
    }
}
