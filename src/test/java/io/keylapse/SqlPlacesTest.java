package io.keylapse;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Where SQL stands: in constants, and for each table in the classes that CONTRIBUTING names. */
class SqlPlacesTest {
    private static final String LITERAL = "\"\"\"(?s:.*?)\"\"\"|\"(?:\\\\.|[^\"\\\\\n])*+\"|'(?:\\\\.|[^'\\\\\n])++'";

    private static final Pattern LITERALS = Pattern.compile(LITERAL);

    private static final Pattern COMMENTS = Pattern.compile("(" + LITERAL + ")|//[^\n]*|/\\*(?s:.*?)\\*/");

    /** Constants, queries of repositories, and statements composed of fragments. */
    private static final Pattern PLACES =
            Pattern.compile("static final (?:String|NamedSql) \\w+\\s*=(?:" + LITERAL + "|[^;\"']++)*+;"
                    + "|@Query\\((?:" + LITERAL + "|[^)\"']++)*+\\)"
                    + "|SqlText\\.of\\((?:" + LITERAL + "|[^;\"']++)*+;");

    private static final Pattern STATEMENT =
            Pattern.compile("(?:\"\"\"\\s+|\")(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\\s(?s:.*)");

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `(\\w+)` \\| ([^|]*) \\| ([^|]*) \\|$");

    /** The classes that write a table, and those that only read it. */
    private record Users(TreeSet<String> writers, TreeSet<String> readers) {
        String row(String table) {
            return "| `" + table + "` | " + words(writers) + " | " + words(readers) + " |";
        }

        private static String words(TreeSet<String> classes) {
            return classes.stream().map(each -> "`" + each + "`").collect(joining(", "));
        }
    }

    @Test
    void statements_are_constants_or_composed_of_fragments() throws IOException {
        var elsewhere = new ArrayList<String>();
        int places = 0;
        for (Path file : files("src/main/java", ".java")) {
            String code = code(file);
            places += (int) PLACES.matcher(code)
                    .results()
                    .map(MatchResult::group)
                    .filter(SqlPlacesTest::holdsSql)
                    .count();
            LITERALS.matcher(PLACES.matcher(code).replaceAll(""))
                    .results()
                    .map(MatchResult::group)
                    .filter(each -> STATEMENT.matcher(each).matches())
                    .forEach(each -> elsewhere.add(file.getFileName() + ": " + each));
        }
        assertThat(elsewhere).isEmpty();
        assertThat(places).isGreaterThan(80);
    }

    private static boolean holdsSql(String code) {
        return LITERALS.matcher(code)
                .results()
                .anyMatch(each -> STATEMENT.matcher(each.group()).matches());
    }

    @Test
    void contributing_names_the_classes_that_write_and_read_each_table() throws IOException {
        assertThat(ROW.matcher(Files.readString(Path.of("CONTRIBUTING.md")))
                        .results()
                        .map(MatchResult::group))
                .containsExactlyElementsOf(users().entrySet().stream()
                        .map(each -> each.getValue().row(each.getKey()))
                        .toList());
    }

    private static Map<String, Users> users() throws IOException {
        var users = new TreeMap<String, Users>();
        for (Path migration : files("src/main/resources/db/migration", ".sql")) {
            Pattern.compile("CREATE TABLE (\\w+)")
                    .matcher(Files.readString(migration))
                    .results()
                    .forEach(table -> users.put(table.group(1), new Users(new TreeSet<>(), new TreeSet<>())));
        }
        Pattern use = Pattern.compile(
                "\\b(INSERT INTO|UPDATE|DELETE FROM|FROM|JOIN)\\s+(" + String.join("|", users.keySet()) + ")\\b");
        for (Path file : files("src/main/java", ".java")) {
            String name = file.getFileName().toString().replace(".java", "");
            String code = code(file);
            String sql =
                    LITERALS.matcher(code).results().map(MatchResult::group).collect(joining(" "));
            use.matcher(sql).results().forEach(found -> {
                Users of = Objects.requireNonNull(users.get(found.group(2)));
                // Micronaut Data generates more statements for a repository than its queries.
                boolean reads = found.group(1).matches("FROM|JOIN") && !code.contains("@JdbcRepository");
                (reads ? of.readers : of.writers).add(name);
            });
        }
        users.values().forEach(of -> of.readers.removeAll(of.writers));
        return users;
    }

    private static List<Path> files(String root, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(root))) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        }
    }

    /** The code without comments. */
    private static String code(Path file) {
        try {
            return COMMENTS.matcher(Files.readString(file))
                    .replaceAll(found -> found.group(1) == null ? " " : Matcher.quoteReplacement(found.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
