package io.keylapse.registry.sql;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A statement with named parameters, such as {@code :owner}, for statements with so many that question marks cannot be told
 * apart. It is parsed when it is created, so there is one for each constant.
 *
 * <p>It must not contain dollar quotes, nor strings with backslash escapes.
 */
public final class NamedSql {
    /** Strings, quoted names, comments and casts, which contain no parameters; then question marks and parameters. */
    private static final Pattern TOKEN =
            Pattern.compile("'[^']*'|\"[^\"]*\"|--[^\n]*|/\\*.*?\\*/|::|\\?|:([A-Za-z]\\w*)", Pattern.DOTALL);

    private final String sql;
    private final List<String> names;

    private NamedSql(String sql, List<String> names) {
        this.sql = sql;
        this.names = names;
    }

    /**
     * Parses a statement.
     *
     * @throws IllegalArgumentException if it has a parameter without a name, {@code ?}
     */
    public static NamedSql of(String statement) {
        var names = new ArrayList<String>();
        String sql = TOKEN.matcher(statement).replaceAll(token -> {
            if (token.group().equals("?")) {
                throw new IllegalArgumentException("a parameter has no name: " + statement);
            }
            String name = token.group(1);
            if (name == null) {
                return Matcher.quoteReplacement(token.group());
            }
            names.add(name);
            return "?";
        });
        return new NamedSql(sql, List.copyOf(names));
    }

    /** The statement with a question mark in place of each parameter. */
    public String sql() {
        return sql;
    }

    /**
     * The first value.
     *
     * @throws IllegalArgumentException if there is no parameter with this name
     */
    public Values with(String name, @Nullable Object value) {
        return new Values(this).with(name, value);
    }

    /** The values for one execution of a statement. */
    public static final class Values {
        private final NamedSql statement;
        private final @Nullable Object[] inOrder;
        private final Set<String> given = new HashSet<>();

        private Values(NamedSql statement) {
            this.statement = statement;
            this.inOrder = new @Nullable Object[statement.names.size()];
        }

        /**
         * Another value. It goes to every place of its parameter.
         *
         * @throws IllegalArgumentException if there is no parameter with this name, or if it has a value already
         */
        public Values with(String name, @Nullable Object value) {
            if (!statement.names.contains(name)) {
                throw new IllegalArgumentException("there is no parameter " + name + " in: " + statement.sql);
            }
            if (!given.add(name)) {
                throw new IllegalArgumentException("two values for " + name + " in: " + statement.sql);
            }
            for (int i = 0; i < inOrder.length; i++) {
                if (statement.names.get(i).equals(name)) {
                    inOrder[i] = value;
                }
            }
            return this;
        }

        String sql() {
            return statement.sql;
        }

        /**
         * The values in the order of the question marks.
         *
         * @throws IllegalStateException if a parameter has no value
         */
        @Nullable
        Object[] inOrder() {
            List<String> missing = statement.names.stream()
                    .filter(name -> !given.contains(name))
                    .distinct()
                    .toList();
            if (!missing.isEmpty()) {
                throw new IllegalStateException("no value for " + String.join(", ", missing) + " in: " + statement.sql);
            }
            return inOrder.clone();
        }
    }
}
