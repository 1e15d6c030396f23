package io.keylapse.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallerHeadersTest {
    private static final String KEY = "kl_" + "a".repeat(36);
    private static final String OTHER = "kl_" + "b".repeat(36);

    private final CallerHeaders headers = new CallerHeaders();

    @Test
    void key_is_read_from_its_header_or_a_bearer_token() {
        assertThat(keys(List.of(KEY), List.of())).containsExactly(KEY);
        assertThat(keys(List.of(), List.of("Bearer " + KEY))).containsExactly(KEY);
        assertThat(keys(List.of(), List.of("bearer  junk "))).containsExactly("junk");
        assertThat(keys(List.of(" " + KEY + "\t", KEY), List.of("BEARER " + KEY)))
                .containsExactly(KEY);
    }

    @Test
    void nothing_is_no_key() {
        assertThat(keys(List.of(), List.of())).isEmpty();
        assertThat(keys(List.of(" "), List.of("Bearer", "Bearer  ", "Basic " + KEY)))
                .isEmpty();
    }

    @Test
    void token_of_another_application_beside_a_key_does_not_count_and_passes() {
        List<String> keys = keys(List.of(KEY), List.of("Bearer a.b.c"));
        assertThat(keys).containsExactly(KEY);
        assertThat(headers.mayPass("authorization", "Bearer a.b.c", keys)).isTrue();
        assertThat(headers.mayPass("Authorization", "Basic YTpi", keys)).isTrue();
    }

    @Test
    void two_different_keys_are_both_found() {
        assertThat(keys(List.of(KEY), List.of("Bearer " + OTHER))).containsExactly(KEY, OTHER);
        assertThat(keys(List.of(KEY, OTHER), List.of())).containsExactly(KEY, OTHER);
        assertThat(keys(List.of("junk", OTHER), List.of())).containsExactly(OTHER);
        assertThat(keys(List.of("junk", "other junk"), List.of())).containsExactly("junk");
    }

    @Test
    void key_does_not_pass_in_any_header() {
        assertThat(headers.mayPass("x-api-key", "junk", List.of(KEY))).isFalse();
        assertThat(headers.mayPass("X_Api.Key", "junk", List.of(KEY))).isFalse();
        assertThat(headers.mayPass("Authorization", "bearer  " + KEY, List.of()))
                .isFalse();
        // Of a prefix that is not known here.
        assertThat(headers.mayPass("Authorization", "Bearer old_key", List.of("old_key")))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Consumer-ID",
                "x-consumer-id",
                "X_Consumer_ID",
                "X.Consumer-ID",
                "X-Credential_Identifier",
                "X-Key-Scopes",
                "X-Key~Expires!At",
                "x_key_expires_in"
            })
    void identity_of_the_caller_does_not_pass_in_any_spelling(String name) {
        assertThat(headers.mayPass(name, "forged", List.of())).isFalse();
    }

    @Test
    void other_headers_pass() {
        assertThat(headers.mayPass("X-Consumer", "a", List.of())).isTrue();
        assertThat(headers.mayPass("Accept", KEY, List.of())).isTrue();
    }

    @Test
    void header_and_prefixes_of_the_service_can_be_others() {
        var others = new CallerHeaders("X-Token", Set.of("new", "old"));
        String old = "old_" + "a".repeat(36);
        var both = Map.of("X-Token", List.of("new_" + "a".repeat(36)), "Authorization", List.of("Bearer " + old));
        assertThat(others.keys(name -> both.getOrDefault(name, List.of()))).hasSize(2);
        assertThat(others.mayPass("X-Token", "a", List.of())).isFalse();
        assertThat(others.mayPass("X-API-Key", "a", List.of())).isTrue();
        assertThat(others.mayPass("Authorization", "Bearer " + old, List.of())).isFalse();
    }

    @Test
    void settings_that_the_service_would_not_take_are_a_fault_of_the_program() {
        assertThatIllegalArgumentException().isThrownBy(() -> new CallerHeaders("Authorization", Set.of("kl")));
        assertThatIllegalArgumentException().isThrownBy(() -> new CallerHeaders("X API", Set.of("kl")));
        assertThatIllegalArgumentException().isThrownBy(() -> new CallerHeaders("X-API-Key", Set.of()));
        assertThatIllegalArgumentException().isThrownBy(() -> new CallerHeaders("X-API-Key", Set.of("k|l")));
    }

    private List<String> keys(List<String> own, List<String> authorization) {
        var all = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
        all.put("x-api-key", own);
        all.put("authorization", authorization);
        return headers.keys(name -> all.getOrDefault(name, List.of()));
    }
}
