package io.keylapse.http.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;

/** Assertions that hold for every refusal. */
public final class Refusals {
    static final String REALM = "Bearer realm=\"keylapse\"";

    private Refusals() {}

    /** Asserts that the response is this refusal, in its headers and its body, and must not be cached. */
    public static void assertRefused(Answer answer, int status, String code) {
        assertThat(answer.header("X-Key-Code")).as(answer.body()).isEqualTo(code);
        assertThat(answer.headers().allValues("X-Consumer-ID")).isEmpty();
        assertProblem(answer, status, code);
    }

    /** Asserts a refusal whose challenge says that the token is invalid, and why. */
    public static void assertInvalidToken(Answer answer, String code) {
        assertRefused(answer, 401, code);
        // The characters allowed within the quotes: RFC 6750, section 3.
        assertThat(answer.headers().allValues("WWW-Authenticate"))
                .singleElement()
                .asString()
                .matches("Bearer realm=\"keylapse\", error=\"invalid_token\","
                        + " error_description=\"[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]+\"");
    }

    public static void assertProblem(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().allValues("Cache-Control")).containsExactly("no-store");
        assertThat(answer.headers().allValues("Content-Type")).containsExactly("application/problem+json");
        assertThat(answer.text("code")).isEqualTo(code);
        assertThat(answer.json().get("status").asInt()).isEqualTo(status);
        assertThat(answer.text("type")).isNotBlank();
        assertThat(answer.text("title")).isNotBlank();
        assertThat(answer.text("detail")).isNotBlank();
        assertThat(answer.text("instance")).startsWith("/");
    }
}
