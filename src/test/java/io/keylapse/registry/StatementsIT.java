package io.keylapse.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.keylapse.harness.OwnDatabase;
import io.keylapse.registry.migration.Migrations;
import io.keylapse.registry.sql.NamedSql;
import io.keylapse.registry.sql.Postgres;
import io.micronaut.core.value.MapPropertyResolver;
import io.micronaut.data.annotation.Query;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Postgres accepts every fixed statement of the program, with the schema that the migrations create. Statements that are
 * composed of filters are tested by the tests of their lists.
 */
class StatementsIT {
    /** Guards against a search that finds none. Raise it with new statements. */
    private static final int MIN_STATEMENTS = 100;

    private static final Pattern STATEMENT = Pattern.compile("(SELECT|INSERT|UPDATE|DELETE|WITH)\\s");

    private static final Pattern PARAMETER = Pattern.compile("'[^']*'|\"[^\"]*\"|--[^\n]*|(\\?)");

    /** Types of parameters that Postgres cannot infer. The driver sends them with the values. */
    private static final Map<String, String> TYPES = Map.of(
            "KeyTable.INSERT_ISSUED",
            "uuid[], bytea[], text[], text[], text[], text[], text[], text[], text[], text[], bigint[]",
            "LeadTable.KNOW",
            "uuid, bigint[]",
            "IdempotencyRepository.tryLock",
            "text, text");

    private record Fixed(String name, String sql) {
        /** The statement in SQL, with numbers for parameters. */
        String prepare() {
            var number = new int[1];
            String numbered = PARAMETER
                    .matcher(sql)
                    .replaceAll(found ->
                            Matcher.quoteReplacement(found.group(1) == null ? found.group() : "$" + ++number[0]));
            String types = TYPES.get(name);
            return "PREPARE p" + (types == null ? "" : " (" + types + ")") + " AS " + numbered;
        }
    }

    @Test
    void postgres_accepts_every_statement_with_the_schema_of_the_migrations() throws Exception {
        List<Fixed> fixed = fixed();
        assertThat(fixed).hasSizeGreaterThanOrEqualTo(MIN_STATEMENTS);
        assertThat(fixed.stream().map(Fixed::name)).containsAll(TYPES.keySet());

        var refused = new TreeMap<String, String>();
        try (var database = new OwnDatabase()) {
            new Migrations(new MapPropertyResolver(database.settings(database.owner()))).run();
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                for (Fixed each : fixed) {
                    try {
                        statement.execute(each.prepare());
                        statement.execute("DEALLOCATE p");
                    } catch (SQLException e) {
                        refused.put(each.name, e.getMessage());
                    }
                }
            }
        }
        assertThat(refused).isEmpty();
    }

    private static List<Fixed> fixed() throws ReflectiveOperationException {
        var found = new ArrayList<Fixed>();
        for (JavaClass each : new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.keylapse")) {
            if (sendsStatements(each)) {
                for (JavaField field : each.getFields()) {
                    addConstant(each.reflect().getDeclaredField(field.getName()), found);
                }
            }
            if (each.isInterface()) {
                for (Method method : each.reflect().getDeclaredMethods()) {
                    Query query = method.getAnnotation(Query.class);
                    if (query != null) {
                        found.add(new Fixed(
                                each.getSimpleName() + "." + method.getName(),
                                NamedSql.of(query.value()).sql()));
                    }
                }
            }
        }
        return found;
    }

    /** Only these classes are initialized, because others may do more than define constants. */
    private static boolean sendsStatements(JavaClass type) {
        return type.getDirectDependenciesFromSelf().stream()
                .map(dependency -> dependency.getTargetClass())
                .anyMatch(target -> target.isEquivalentTo(Postgres.class)
                        || target.getPackageName().equals("java.sql"));
    }

    private static void addConstant(Field field, List<Fixed> found) throws IllegalAccessException {
        if (!Modifier.isStatic(field.getModifiers())
                || (field.getType() != String.class && field.getType() != NamedSql.class)) {
            return;
        }
        field.setAccessible(true);
        Object value = field.get(null);
        String sql = value instanceof NamedSql named ? named.sql() : String.valueOf(value);
        // A template is not complete. What is made of it is in other constants.
        if (STATEMENT.matcher(sql).lookingAt() && !sql.contains("%s")) {
            found.add(new Fixed(field.getDeclaringClass().getSimpleName() + "." + field.getName(), sql));
        }
    }
}
