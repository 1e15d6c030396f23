package io.keylapse.client.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.keylapse.client.CheckResult.Good;
import io.keylapse.client.KeylapseClient;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The filter with the answers of a real node. */
class KeylapseFilterIT {
    private static final Node node = Node.shared();
    private static final Answer issued =
            node.admin().issue("{\"owner\":\"Müller & Co\",\"name\":\"test\",\"ttl\":\"PT1H\",\"scopes\":[\"read\"]}");
    private static final String KEY = Objects.requireNonNull(issued.text("key"));
    private static final Answer revoked = node.issue(Duration.ofHours(1));

    private final KeylapseClient client =
            CloseAfterTests.register(KeylapseClient.builder("http://localhost:" + node.port())
                    .answerTimeout(Duration.ofSeconds(20))
                    .totalTimeout(Duration.ofSeconds(20))
                    .build());
    private final KeylapseFilter filter = KeylapseFilter.demanding(
            client, request -> request.getServletPath().startsWith("/write") ? Set.of("write") : Set.of("read"));
    private final FakeServlet servlet = new FakeServlet();
    private final List<HttpServletRequest> seen = new ArrayList<>();

    @Test
    void application_sees_whose_key_it_is() throws Exception {
        HttpServletRequest request = passed(servlet.header("X-API-Key", KEY));
        assertThat(request.getUserPrincipal().getName()).isEqualTo("Müller & Co");
        assertThat(request.getUserPrincipal()).isInstanceOf(KeyPrincipal.class);
        assertThat(request.getRemoteUser()).isEqualTo("Müller & Co");
        assertThat(request.getAttribute(KeylapseFilter.KEY)).isInstanceOfSatisfying(Good.class, good -> {
            assertThat(good.keyId()).isEqualTo(issued.text("id"));
            assertThat(good.scopes()).containsExactly("read");
        });
        assertThat(request.getHeader("x-consumer-id")).isEqualTo("M%C3%BCller%20&%20Co");
        assertThat(Collections.list(request.getHeaders("X-Credential-Identifier")))
                .containsExactly(issued.text("id"));
        assertThat(Collections.list(request.getHeaderNames())).contains("X-Key-Scopes", "X-Key-Expires-At");
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Consumer-ID", "x_consumer_id", "X.Consumer.ID", "X-Key-Expires-In", "X_Key_Scopes"})
    void application_does_not_see_forged_identity(String name) throws Exception {
        servlet.trailers.put(name, "forged");
        servlet.trailers.put("X-Checksum", "abc");
        HttpServletRequest request =
                passed(servlet.header("X-API-Key", KEY).header(name, "forged").header("Accept", "a", "b"));
        for (String each : Collections.list(request.getHeaderNames())) {
            assertThat(Collections.list(request.getHeaders(each))).doesNotContain("forged");
            assertThat(request.getHeader(each)).isNotEqualTo("forged");
        }
        assertThat(String.valueOf(request.getHeader(name))).isNotEqualTo("forged");
        assertThat(request.getTrailerFields()).containsOnlyKeys("X-Checksum");
        assertThat(Collections.list(request.getHeaders("accept"))).containsExactly("a", "b");
    }

    @Test
    void application_does_not_see_the_key_but_the_token_of_another_application() throws Exception {
        HttpServletRequest request = passed(servlet.header("X-API-Key", KEY).header("Authorization", "Bearer a.b.c"));
        assertThat(Collections.list(request.getHeaderNames())).doesNotContain("X-API-Key");
        assertThat(request.getHeader("X-API-Key")).isNull();
        assertThat(request.getHeader("Authorization")).isEqualTo("Bearer a.b.c");

        request = passed(new FakeServlet().header("Authorization", "Bearer " + KEY));
        assertThat(request.getHeader("Authorization")).isNull();
        assertThat(Collections.list(request.getHeaders("Authorization"))).isEmpty();
    }

    @Test
    void numbers_and_dates_are_read_from_the_same_headers() throws Exception {
        HttpServletRequest request = passed(servlet.header("X-API-Key", KEY)
                .header("X-Count", "5")
                .header("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT")
                .header("X-Key-Expires-In", "5"));
        assertThat(request.getIntHeader("X-Count")).isEqualTo(5);
        assertThat(request.getIntHeader("X-Key-Expires-In")).isEqualTo(-1);
        assertThat(request.getDateHeader("If-Modified-Since")).isEqualTo(784_111_777_000L);
        assertThat(request.getDateHeader("X-Key-Expires-In")).isEqualTo(-1);
        assertThat(request.getDateHeader("X-API-Key")).isEqualTo(-1);
    }

    @Test
    void refusal_reaches_the_caller_as_the_node_gave_it() throws Exception {
        node.admin().delete("/v1/keys/" + revoked.text("id"));
        for (String key : List.of("junk", Objects.requireNonNull(revoked.text("key")))) {
            var refused = new FakeServlet().header("Authorization", "Bearer " + key);
            run(refused);
            Answer expected = node.anonymous().check(key);
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.body.toString(UTF_8)).isEqualTo(expected.body());
            expected.headers().map().forEach((name, values) -> {
                if (!name.equalsIgnoreCase("date")) {
                    assertThat(refused.responseHeaders.get(name)).as(name).isEqualTo(values.getFirst());
                }
            });
        }
        assertThat(seen).isEmpty();
    }

    @Test
    void no_key_two_keys_and_a_missing_scope_are_refused() throws Exception {
        run(servlet);
        assertThat(servlet.responseHeaders).containsEntry("X-Key-Code", "KEY_MISSING");
        run(servlet.header("X-API-Key", KEY).header("Authorization", "Bearer " + revoked.text("key")));
        assertThat(servlet.responseHeaders).containsEntry("X-Key-Code", "KEY_AMBIGUOUS");
        var write = new FakeServlet().header("X-API-Key", KEY);
        write.path = "/write/x";
        run(write);
        assertThat(write.status()).isEqualTo(403);
        assertThat(write.responseHeaders).containsEntry("X-Key-Code", "SCOPE_MISSING");
        assertThat(seen).isEmpty();
    }

    @Test
    void without_an_answer_the_caller_gets_503_and_the_application_nothing() throws Exception {
        try (KeylapseClient unreachable = KeylapseClient.of("http://localhost:" + Node.freePort())) {
            KeylapseFilter.demanding(unreachable, request -> List.of())
                    .doFilter(servlet.header("X-API-Key", KEY).request(), servlet.response(), this::see);
        }
        assertThat(servlet.status()).isEqualTo(503);
        assertThat(servlet.responseHeaders)
                .containsEntry("Retry-After", "1")
                .containsEntry("X-Key-Code", "STORE_UNAVAILABLE")
                .containsEntry("Content-Length", String.valueOf(servlet.body.size()));
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/write/../x",
                "/write/%2e%2E/x",
                "/write/..;/x",
                "/write/..%3B/x",
                "/write%2f..%2Fx",
                "/write/x/../..",
                "/./x",
                "/write\\..\\x",
                "/%5Cx",
                "/;/x",
                "/%3b/x"
            })
    void path_that_the_application_may_read_differently_is_refused_for_everybody(String uri) throws Exception {
        servlet.uri = uri;
        run(servlet.header("X-API-Key", KEY));
        assertThat(servlet.status()).isEqualTo(400);
        assertThat(servlet.responseHeaders)
                .containsEntry("Content-Type", "application/problem+json")
                .containsEntry("Content-Length", String.valueOf(servlet.body.size()));
        assertThat(servlet.body.toString(UTF_8)).contains("\"status\":400");
        assertThat(seen).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.well-known/x", "/a..b/c..", "/x;a=b", "/%7Euser", "/..x", "/a.", "//x"})
    void path_that_only_looks_like_that_passes(String uri) throws Exception {
        servlet.uri = uri;
        passed(servlet.header("X-API-Key", KEY));
    }

    @Test
    void program_that_demands_an_impossible_scope_lets_nothing_pass() {
        KeylapseFilter broken = KeylapseFilter.demanding(client, request -> Set.of("a b"));
        servlet.header("X-API-Key", KEY);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> broken.doFilter(servlet.request(), servlet.response(), this::see));
        assertThat(seen).isEmpty();
    }

    @Test
    void open_request_passes_without_a_key_and_without_identity() throws Exception {
        servlet.method = "OPTIONS";
        servlet.header("X-Consumer-ID", "forged").header("X-API-Key", KEY);
        filter.open(request -> request.getMethod().equals("OPTIONS"))
                .doFilter(servlet.request(), servlet.response(), this::see);
        HttpServletRequest request = seen.getFirst();
        assertThat(request.getUserPrincipal()).isNull();
        assertThat(Collections.list(request.getHeaderNames())).isEmpty();
    }

    @Test
    void dispatch_within_the_application_is_not_checked_again_and_keeps_the_identity() throws Exception {
        passed(servlet.header("X-API-Key", KEY).header("X-Consumer-ID", "forged"));
        servlet.path = "/write";
        run(servlet);
        assertThat(servlet.status()).as("a request that arrives is checked").isEqualTo(403);

        servlet.dispatcher = DispatcherType.ASYNC;
        HttpServletRequest request = passed(servlet);
        assertThat(request.getRemoteUser()).isEqualTo("Müller & Co");
        assertThat(request.getHeader("X-Consumer-ID")).isEqualTo("M%C3%BCller%20&%20Co");
        assertThat(request.getHeader("X-API-Key")).isNull();

        var first = new FakeServlet();
        first.dispatcher = DispatcherType.ERROR;
        run(first);
        assertThat(first.status()).isEqualTo(401);
    }

    private HttpServletRequest passed(FakeServlet requested) throws ServletException, IOException {
        int before = seen.size();
        run(requested);
        assertThat(seen).as(requested.body.toString(UTF_8)).hasSize(before + 1);
        return seen.getLast();
    }

    private void run(FakeServlet requested) throws ServletException, IOException {
        filter.doFilter(requested.request(), requested.response(), this::see);
    }

    private void see(ServletRequest request, ServletResponse response) {
        seen.add((HttpServletRequest) request);
    }
}
