package io.keylapse.http.management;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.micronaut.web.router.Router;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

class ApiDescriptionIT extends OneNode {
    private static final Set<String> METHODS = Set.of("get", "post", "put", "patch", "delete");

    @Test
    void every_call_is_described_and_nothing_else_is() {
        Map<String, Map<String, Map<String, Object>>> description =
                new Yaml().load(node.anonymous().get("/openapi.yaml").body());
        var paths = Objects.requireNonNull(description.get("paths"));
        var described = new TreeSet<String>();
        paths.forEach((path, item) ->
                item.keySet().stream().filter(METHODS::contains).forEach(method -> described.add(method + " " + path)));
        Set<String> routes = node.bean(Router.class)
                .uriRoutes()
                .map(route -> route.getHttpMethodName().toLowerCase(Locale.ROOT) + " "
                        + route.getUriMatchTemplate().toPathString())
                .filter(route -> !route.startsWith("head ") && !route.startsWith("options "))
                .collect(toCollection(TreeSet::new));
        // Pages for browsers, and /check, which is answered before all routes.
        routes.removeIf(
                route -> route.matches("get /(|openapi\\.yaml|api-docs.*|console.*|my-key.*|health|health/\\{.*})"));
        routes.addAll(Set.of("get /check", "get /health/liveness", "get /health/readiness"));
        assertThat(described).isEqualTo(routes);
    }

    @Test
    void every_request_body_has_an_example_that_is_accepted() {
        var settings = Map.<String, Object>of(
                "keylapse.encryption-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
                "keylapse.self-renewal.policy", "before-expiry",
                "keylapse.self-rotation-policy", "before-expiry");
        try (Node able = Node.start(Stores.shared(), settings)) {
            JsonNode description = new ObjectMapper()
                    .valueToTree(new Yaml()
                            .load(able.anonymous().get("/openapi.yaml").body()));
            int sent = 0;
            for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
                for (Map.Entry<String, JsonNode> call : path.getValue().properties()) {
                    JsonNode body = resolved(description, call.getValue().path("requestBody"));
                    for (Map.Entry<String, JsonNode> content :
                            body.path("content").properties()) {
                        assertAccepted(able, call.getKey(), path.getKey(), content.getKey(), content.getValue());
                        sent++;
                    }
                }
            }
            assertThat(sent).isPositive();
        }
    }

    private static JsonNode resolved(JsonNode description, JsonNode node) {
        return node.has("$ref") ? description.at(node.get("$ref").asText().substring(1)) : node;
    }

    private static void assertAccepted(Node able, String method, String path, String type, JsonNode content) {
        JsonNode example = content.path("example");
        assertThat(example.isObject()).as(path).isTrue();
        Answer key = able.admin().issue(wish(owner()));
        Answer webhook =
                able.admin().post("/v1/webhooks", "{\"url\":\"https://example.com/\",\"owners\":[\"nobody\"]}");
        String target = path.replace("{owner}", "acme")
                .replace("{type}", "api_key.expired")
                .replace("{id}", (path.startsWith("/v1/webhooks") ? webhook : key).text("id"));
        Client caller = path.startsWith("/v1/self") ? able.as(key.text("key")) : able.admin();
        String body = type.endsWith("json")
                ? example.toString()
                : "token=" + encode(example.path("token").asText());
        Answer answer = caller.send(method.toUpperCase(Locale.ROOT), target, body, "Content-Type", type);
        // The key and the link in the examples do not exist, and there is no mail server.
        List<Integer> accepted = path.equals("/v1/keys/lookup")
                ? List.of(404)
                : path.startsWith("/v1/self/link")
                        ? List.of(401)
                        : path.startsWith("/v1/mail-templates") ? List.of(409) : List.of(200, 201);
        assertThat(answer.status())
                .as(method + " " + path + ": " + answer.body())
                .isIn(accepted);
        assertThat(answer.body()).doesNotContain("INVALID_REQUEST");
        able.admin().delete("/v1/webhooks/" + webhook.text("id"));
        if (path.equals("/v1/webhooks")) {
            able.admin().delete("/v1/webhooks/" + answer.text("id"));
        }
    }

    @Test
    void page_asks_no_other_host_and_may_not() {
        Answer page = node.anonymous().get("/api-docs");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).startsWith("text/html");
        assertThat(page.header("Content-Security-Policy")).startsWith("default-src 'none'; script-src 'self';");
        assertThat(page.body()).doesNotContain("http:", "https:", "//");
        Pattern.compile("(?:src|href)=\"([^\"]+)\"")
                .matcher(page.body())
                .results()
                .map(each -> each.group(1))
                .forEach(part -> assertThat(node.anonymous().get("/" + part).status())
                        .as(part)
                        .isEqualTo(200));
    }

    @Test
    void nothing_else_of_the_program_is_served() {
        for (String name : new String[] {"application.yml", "..%2Fopenapi.yaml", "..%2F..%2Fapplication.yml", "x"}) {
            assertThat(node.anonymous().get("/api-docs/" + name).status())
                    .as(name)
                    .isIn(400, 404);
        }
    }

    @Test
    void description_can_be_switched_off() {
        try (Node silent = Node.start(Stores.shared(), Map.of("keylapse.api-docs.enabled", "off"))) {
            for (String path : new String[] {"/openapi.yaml", "/api-docs", "/api-docs/start.js"}) {
                assertProblem(silent.anonymous().get(path), 404, "NOT_FOUND");
            }
        }
    }
}
