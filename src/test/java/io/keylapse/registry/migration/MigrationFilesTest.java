package io.keylapse.registry.migration;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rules for the files of migrations; the rules for indexes apply to migrations after the last one that breaks them.
 */
class MigrationFilesTest {
    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final int LAST_WITHOUT_RULES = 7;

    private static final Pattern VERSION = Pattern.compile("V(\\d+)__.*\\.sql");
    private static final Pattern COMMENT = Pattern.compile("--.*");
    private static final Pattern BUILT = Pattern.compile("(?i)CREATE\\s+(?:UNIQUE\\s+)?INDEX\\s+(.*?)\\s+ON\\s+(\\w+)");
    private static final Pattern RIGHT = Pattern.compile("CONCURRENTLY (\\w+)");

    private static final String GOOD = """
            SET lock_timeout = '60s';
            DROP INDEX CONCURRENTLY IF EXISTS "${flyway:defaultSchema}".one;
            CREATE INDEX CONCURRENTLY one ON t (a);
            SET lock_timeout = 0;
            """;

    /** The error in a migration; empty if there is none. Nobody writes to a table that the migration itself creates. */
    private static Optional<String> complaint(String text, String conf) {
        String sql = COMMENT.matcher(text).replaceAll("");
        for (String built : BUILT.matcher(sql)
                .results()
                .filter(each -> !sql.contains("CREATE TABLE " + each.group(2) + " ("))
                .map(each -> each.group(1))
                .toList()) {
            var right = RIGHT.matcher(built);
            if (!right.matches()) {
                return Optional.of(built + " is not built CONCURRENTLY, or with words that hide an invalid one");
            }
            String drop = "DROP INDEX CONCURRENTLY IF EXISTS \"${flyway:defaultSchema}\"." + right.group(1) + ";";
            if (!sql.contains(drop) || sql.indexOf(drop) > sql.indexOf(built)) {
                return Optional.of(right.group(1) + " is not dropped first, and so cannot be built again");
            }
            if (!conf.contains("executeInTransaction=false")) {
                return Optional.of("it runs in a transaction");
            }
            if (!sql.contains("SET lock_timeout = '") || !sql.strip().endsWith("SET lock_timeout = 0;")) {
                return Optional.of("it waits without a bound, or leaves its bound to the next");
            }
        }
        return Optional.empty();
    }

    private static String conf(Path migration) throws Exception {
        Path conf = migration.resolveSibling(migration.getFileName() + ".conf");
        return Files.exists(conf) ? Files.readString(conf, UTF_8) : "";
    }

    @Test
    void a_migration_builds_indexes_while_others_write_and_can_be_run_again() throws Exception {
        List<Path> bound;
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            bound = files.filter(file -> {
                        var name = VERSION.matcher(file.getFileName().toString());
                        return name.matches() && Integer.parseInt(name.group(1)) > LAST_WITHOUT_RULES;
                    })
                    .toList();
        }
        assertThat(bound).isNotEmpty();
        for (Path file : bound) {
            assertThat(complaint(Files.readString(file, UTF_8), conf(file)))
                    .as(file.toString())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE INDEX one ON t (a);",
                "create unique index one on t (a);",
                "CREATE INDEX\nCONCURRENTLY IF NOT EXISTS one ON t (a);",
                "CREATE INDEX CONCURRENTLY one ON t (a);",
                "DROP INDEX CONCURRENTLY IF EXISTS one; CREATE INDEX CONCURRENTLY one ON t (a);",
                "DROP INDEX CONCURRENTLY IF EXISTS \"${flyway:defaultSchema}\".one;"
                        + " CREATE INDEX CONCURRENTLY one ON t (a);"
            })
    void an_index_that_is_built_otherwise_is_found(String sql) {
        assertThat(complaint(sql, "executeInTransaction=false")).isPresent();
    }

    @Test
    void a_migration_that_keeps_the_rules_is_found_good_and_in_a_transaction_it_is_not() {
        assertThat(complaint(GOOD, "executeInTransaction=false")).isEmpty();
        assertThat(complaint(GOOD, "")).isPresent();
    }

    @Test
    void the_latest_migration_is_the_one_that_nodes_say_they_know() throws Exception {
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            assertThat(files.map(file -> VERSION.matcher(file.getFileName().toString()))
                            .filter(Matcher::matches)
                            .mapToInt(version -> Integer.parseInt(version.group(1)))
                            .max())
                    .hasValue(SchemaVersion.LATEST);
        }
    }
}
