package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class OutageIT {
    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());
    private static final Client admin = node.admin();

    @Test
    void without_redis_a_change_is_acknowledged_as_pending() {
        Answer key = admin.issue(OneNode.wish("o"));
        String path = "/v1/keys/" + key.text("id");
        assertThat(key.text("enforcement")).isEqualTo("applied");
        stores.interruptRedis();
        try {
            assertThat(admin.issue(OneNode.wish("o")).text("enforcement")).isEqualTo("pending");
            assertThat(admin.post(path + "/renew", "{\"ttl\":\"PT2H\"}").text("enforcement"))
                    .isEqualTo("pending");
            assertThat(admin.patch(path, "{\"scopes\":[\"a\"]}").text("enforcement"))
                    .isEqualTo("pending");
            assertThat(admin.post(path + "/rotate", "{}").text("enforcement")).isEqualTo("pending");
            assertThat(admin.delete(path).text("enforcement")).isEqualTo("pending");
            assertThat(admin.get(path).text("state")).isEqualTo("revoked");
        } finally {
            stores.resumeRedis();
        }
        await().atMost(30, SECONDS)
                .until(() -> admin.issue(OneNode.wish("o")).text("enforcement").equals("applied"));
        assertThat(admin.delete(path).text("enforcement")).isEqualTo("applied");
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void without_postgres_what_redis_has_is_known_and_of_the_rest_nothing_is_claimed() {
        String good = admin.issue(OneNode.wish("o")).text("key");
        String other = new KeyFormat("kl", List.of()).generate().reveal();
        String[] form = {"Content-Type", "application/x-www-form-urlencoded"};
        node.awaitRedisFollowed();
        await().until(() -> node.anonymous().check(good).status() == 200);
        stores.interruptPostgres();
        try {
            JsonNode results = admin.post("/v1/checks", "{\"keys\":[\"%s\",\"%s\"]}".formatted(good, other))
                    .json()
                    .get("results");
            assertThat(results.get(0).get("valid").asBoolean()).isTrue();
            assertThat(results.get(1).toString()).isEqualTo("{\"code\":\"STORE_UNAVAILABLE\"}");
            assertThat(admin.send("POST", "/introspect", "token=" + good, form).status())
                    .isEqualTo(200);
            for (String path : List.of("/introspect", "/revoke")) {
                Answer answer = admin.send("POST", path, "token=" + other, form);
                OneNode.assertProblem(answer, 503, "STORE_UNAVAILABLE");
                assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
            }
        } finally {
            stores.resumePostgres();
        }
        await().atMost(30, SECONDS).until(() -> admin.get("/v1/keys?limit=1").status() == 200);
    }

    @Test
    void without_postgres_every_call_says_that_the_store_is_unavailable() {
        Answer auditor = admin.post("/v1/management-keys", "{\"name\":\"a\",\"role\":\"auditor\"}");
        String path = "/v1/keys/" + admin.issue(OneNode.wish("o")).text("id");
        stores.interruptPostgres();
        try {
            List<Supplier<Answer>> calls = List.of(
                    () -> admin.get(path),
                    () -> admin.get("/v1/keys"),
                    () -> admin.post("/v1/keys", OneNode.wish("o")),
                    () -> admin.post("/v1/keys", OneNode.wish("o"), "Idempotency-Key", "x"),
                    () -> admin.post(path + "/renew", "{\"ttl\":\"PT1H\"}"),
                    () -> admin.post("/v1/owners/o/revoke", "{}"),
                    () -> admin.get("/v1/management-keys"),
                    () -> node.as(auditor.text("key")).get(path));
            var underWay = calls.stream().map(CompletableFuture::supplyAsync).toList();
            for (var call : underWay) {
                Answer answer = call.join();
                OneNode.assertProblem(answer, 503, "STORE_UNAVAILABLE");
                assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
            }
            // Requests that need no store are answered as usual.
            OneNode.assertInvalid(admin.get("/v1/keys/x"), "id");
            OneNode.assertProblem(node.as("nobody").get(path), 401, "CREDENTIAL_INVALID");
        } finally {
            stores.resumePostgres();
        }
        await().atMost(30, SECONDS).until(() -> admin.get(path).status() == 200);
        assertThat(admin.get("/v1/keys?owner=o&limit=500").json().get("items")).isNotEmpty();
    }
}
