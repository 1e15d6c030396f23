package io.keylapse.registry.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class NamedSqlTest {
    private static final NamedSql PAIR = NamedSql.of("UPDATE t SET a = :first WHERE b = :second");

    @Test
    void values_are_bound_in_the_order_in_which_their_names_appear_in_the_statement() {
        NamedSql.Values values = PAIR.with("second", 2).with("first", 1);
        assertThat(values.sql()).isEqualTo("UPDATE t SET a = ? WHERE b = ?");
        assertThat(values.inOrder()).containsExactly(1, 2);
    }

    @Test
    void value_of_a_name_that_appears_twice_is_bound_twice() {
        var sql = NamedSql.of("SELECT :at, :key, :at");
        assertThat(sql.with("at", 1).with("key", 2).inOrder()).containsExactly(1, 2, 1);
    }

    @Test
    void name_that_begins_like_another_is_another() {
        var sql = NamedSql.of("SELECT :key, :keyId");
        assertThat(sql.with("keyId", 2).with("key", 1).inOrder()).containsExactly(1, 2);
    }

    @Test
    void null_is_a_value() {
        assertThat(PAIR.with("first", null).with("second", null).inOrder()).containsExactly(null, null);
    }

    @Test
    void casts_strings_quoted_names_and_comments_contain_no_parameters() {
        var sql = NamedSql.of("""
                SELECT :a::json, ':b', 'it''s :c?', ":d" -- :e, and why?
                /* :f
                ? */ FROM t""");
        assertThat(sql.sql()).isEqualTo("""
                SELECT ?::json, ':b', 'it''s :c?', ":d" -- :e, and why?
                /* :f
                ? */ FROM t""");
        assertThat(sql.with("a", 1).inOrder()).containsExactly(1);
    }

    @Test
    void dollars_and_backslashes_stay_as_they_are() {
        assertThat(NamedSql.of("SELECT '$1 \\n', :a").sql()).isEqualTo("SELECT '$1 \\n', ?");
    }

    @Test
    void parameter_without_a_name_is_refused() {
        assertThatThrownBy(() -> NamedSql.of("SELECT :a, ?"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("SELECT :a, ?");
    }

    @Test
    void unknown_name_is_refused() {
        assertThatThrownBy(() -> PAIR.with("third", 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("third");
    }

    @Test
    void second_value_for_a_name_is_refused() {
        assertThatThrownBy(() -> PAIR.with("first", 1).with("first", 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("first");
    }

    @Test
    void statement_whose_values_are_incomplete_is_not_run() {
        assertThatThrownBy(() -> PAIR.with("first", 1).inOrder())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("second");
    }
}
