package io.keylapse.http.management;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.audit.AuditRetention;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Stores;
import io.keylapse.http.access.Audited;
import io.micronaut.web.router.Router;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The audit trail: what is recorded, what is not, and how it is read. */
class AuditTrailIT extends OneNode {
    private static String marta;
    private static Client asMarta;
    private static Client auditor;

    @BeforeAll
    static void hire() {
        Answer created = admin.post("/v1/management-keys", "{\"name\":\"Marta\",\"role\":\"issuer\"}");
        marta = created.text("id");
        asMarta = node.as(created.text("key"));
        auditor = node.as(managementKey("auditor"));
    }

    private static List<JsonNode> entries(String query) {
        Answer page = auditor.get("/v1/audit?" + query);
        assertThat(page.status()).as(page.body()).isEqualTo(200);
        return page.json().get("items").valueStream().toList();
    }

    private static List<String> actionsOn(String target) {
        return entries("target=" + encode(target)).stream()
                .map(entry -> entry.get("action").asText())
                .toList();
    }

    private static List<JsonNode> refusals(String query, int atLeast) {
        var found = new ArrayList<JsonNode>();
        await().atMost(15, SECONDS).until(() -> {
            found.clear();
            found.addAll(entries("outcome=refused&" + query));
            return found.size() >= atLeast;
        });
        return found;
    }

    @Test
    void each_change_of_a_key_says_who_made_it_from_where_and_what_was_changed() {
        Answer issued = asMarta.post("/v1/keys", wish(owner()), "X-Request-ID", "ticket-4711");
        String key = issued.text("id");
        asMarta.patch("/v1/keys/" + key, "{\"name\":\"secret value\",\"scopes\":[\"a\"]}");
        asMarta.post("/v1/keys/" + key + "/renew", "{\"ttl\":\"PT2H\"}");
        String successor = asMarta.post("/v1/keys/" + key + "/rotate", "{\"grace\":\"PT1H\"}")
                .text("id");
        asMarta.post("/v1/keys/" + key + "/revoke", "{\"reason\":\"secret value\"}");

        List<JsonNode> found = entries("target=" + key);
        assertThat(found.stream().map(entry -> entry.get("action").asText()))
                .containsExactly("key.revoke", "key.rotate", "key.renew", "key.change", "key.issue");
        assertThat(found).allSatisfy(entry -> {
            assertThat(entry.get("id").asText()).matches("aud_[0-9A-Za-z]{22}");
            assertThat(entry.get("actor").get("id").asText()).isEqualTo(marta);
            assertThat(entry.get("actor").get("name").asText()).isEqualTo("Marta");
            assertThat(entry.get("outcome").asText()).isEqualTo("done");
            assertThat(entry.get("count").asInt()).isOne();
            assertThat(entry.get("address").asText()).isEqualTo("127.0.0.1");
            assertThat(entry.has("code")).isFalse();
        });
        assertThat(found.get(3).get("changes").valueStream().map(JsonNode::asText))
                .containsExactly("name", "scopes");
        assertThat(found.get(2).get("changes").valueStream().map(JsonNode::asText))
                .containsExactly("expiresAt");
        assertThat(found.getLast().get("requestId").asText()).isEqualTo("ticket-4711");
        assertThat(found.toString()).doesNotContain("secret value");
        assertThat(actionsOn(successor)).containsExactly("key.issue");
    }

    @Test
    void what_changes_nothing_leaves_no_entry() {
        String key = admin.issue(wish(owner())).text("id");
        admin.patch("/v1/keys/" + key, "{\"name\":\"\"}");
        admin.get("/v1/keys/" + key);
        admin.post("/v1/keys/" + key + "/revoke", "{}");
        admin.post("/v1/keys/" + key + "/revoke", "{}");
        assertThat(actionsOn(key)).containsExactly("key.revoke", "key.issue");
    }

    @Test
    void a_change_that_is_rolled_back_leaves_no_entry_and_one_that_cannot_be_recorded_is_not_made() {
        String owner = owner();
        sql("ALTER TABLE audit ADD CONSTRAINT no_more CHECK (request_id <> 'broken') NOT VALID");
        try {
            assertThat(admin.post("/v1/keys", wish(owner), "X-Request-ID", "broken")
                            .status())
                    .isEqualTo(500);
        } finally {
            sql("ALTER TABLE audit DROP CONSTRAINT no_more");
        }
        assertThat(keysOf(owner)).isEmpty();
    }

    @Test
    void revoking_an_owner_leaves_one_entry_for_all_and_one_for_each_key() {
        String owner = owner();
        String first = admin.issue(wish(owner)).text("id");
        String second = admin.issue(wish(owner)).text("id");
        asMarta.post("/v1/owners/" + encode(owner) + "/revoke", "{}");
        asMarta.post("/v1/owners/" + encode(owner) + "/revoke", "{}");
        List<JsonNode> all = entries("target=" + encode(owner));
        assertThat(all).hasSize(1);
        assertThat(all.getFirst().get("action").asText()).isEqualTo("owner.revoke");
        assertThat(all.getFirst().get("count").asInt()).isEqualTo(2);
        assertThat(actionsOn(first)).containsExactly("key.revoke", "key.issue");
        assertThat(actionsOn(second)).containsExactly("key.revoke", "key.issue");
    }

    @Test
    void each_key_of_a_batch_and_a_revocation_by_token_leave_an_entry() {
        Answer batch = asMarta.post("/v1/keys:batch", "{\"keys\":[" + wish(owner()) + ",{}," + wish(owner()) + "]}");
        JsonNode results = batch.json().get("results");
        assertThat(actionsOn(results.get(0).get("id").asText())).containsExactly("key.issue");
        assertThat(actionsOn(results.get(2).get("id").asText())).containsExactly("key.issue");
        asMarta.send(
                "POST",
                "/revoke",
                "token=" + results.get(0).get("key").asText(),
                "Content-Type",
                "application/x-www-form-urlencoded");
        assertThat(actionsOn(results.get(0).get("id").asText())).containsExactly("key.revoke", "key.issue");
    }

    @Test
    void management_keys_are_recorded_and_the_name_of_a_deleted_one_stays() {
        Answer created = admin.post("/v1/management-keys", "{\"name\":\"Short\",\"role\":\"issuer\"}");
        String id = created.text("id");
        String key = node.as(created.text("key")).issue(wish(owner())).text("id");
        admin.delete("/v1/management-keys/" + id);
        assertThat(actionsOn(id)).containsExactly("management_key.delete", "management_key.create");
        JsonNode issue = entries("target=" + key).getFirst();
        assertThat(issue.get("actor").get("name").asText()).isEqualTo("Short");
        JsonNode deletion = entries("target=" + id).getFirst();
        assertThat(deletion.get("actor").get("name").asText()).isEqualTo("environment");
        assertThat(entries("actor=" + id)).hasSize(1);
        assertThat(created.body()).contains(created.text("key"));
        assertThat(auditor.get("/v1/audit?target=" + id).body()).doesNotContain(created.text("key"));
    }

    @Test
    void refused_calls_of_a_known_credential_are_recorded_with_their_code() {
        String key = admin.issue(wish(owner())).text("id");
        admin.post("/v1/keys/" + key + "/revoke", "{}");
        Answer created = admin.post("/v1/management-keys", "{\"name\":\"Bold\",\"role\":\"auditor\"}");
        String bold = created.text("id");
        Client asBold = node.as(created.text("key"));
        assertProblem(asBold.delete("/v1/keys/" + key), 403, "ROLE_NOT_ENOUGH");
        assertProblem(asBold.get("/v1/management-keys"), 403, "ROLE_NOT_ENOUGH");
        assertProblem(asMarta.post("/v1/keys/" + key + "/renew", "{\"ttl\":\"PT1H\"}"), 409, "KEY_ENDED");
        asMarta.delete("/v1/keys/klmgmt_000000000000000000000000000000000000");

        List<JsonNode> ofBold = refusals("actor=" + bold, 2);
        assertThat(ofBold.stream().map(entry -> entry.get("action").asText()))
                .containsExactlyInAnyOrder("key.revoke", "read");
        assertThat(ofBold.stream().map(entry -> entry.get("target").asText()))
                .containsExactlyInAnyOrder(key, "/v1/management-keys");
        JsonNode ended = refusals("actor=" + marta + "&action=key.renew&target=" + key, 1)
                .getFirst();
        assertThat(ended.get("code").asText()).isEqualTo("KEY_ENDED");
        JsonNode malformed =
                refusals("actor=" + marta + "&action=key.revoke", 1).getFirst();
        assertThat(malformed.get("code").asText()).isEqualTo("INVALID_REQUEST");
        assertThat(malformed.has("target")).isFalse();
    }

    @Test
    void many_refusals_of_one_credential_share_an_entry() {
        Answer created = admin.post("/v1/management-keys", "{\"name\":\"Loop\",\"role\":\"issuer\"}");
        Client loop = node.as(created.text("key"));
        for (int i = 0; i < 50; i++) {
            assertProblem(loop.delete("/v1/keys/" + NO_SUCH_KEY), 404, "NOT_FOUND");
        }
        await().atMost(15, SECONDS)
                .until(() -> entries("actor=" + created.text("id")).stream()
                                .mapToInt(entry -> entry.get("count").asInt())
                                .sum()
                        == 50);
        assertThat(entries("actor=" + created.text("id"))).hasSizeBetween(21, 22);
    }

    @Test
    void strangers_share_an_entry_for_each_address_and_minute() {
        for (int i = 0; i < 20; i++) {
            node.anonymous().get("/v1/keys");
        }
        node.anonymous().get("/v1/self", "X-API-Key", "kl_nothing");
        List<JsonNode> found = new ArrayList<>();
        await().atMost(15, SECONDS).until(() -> {
            found.clear();
            entries("action=authenticate&limit=500").stream()
                    .filter(entry -> entry.get("address").asText().equals("127.0.0.1"))
                    .forEach(found::add);
            return found.stream().mapToInt(entry -> entry.get("count").asInt()).sum() >= 21;
        });
        assertThat(found).hasSizeLessThan(10).allSatisfy(entry -> {
            assertThat(entry.get("actor").has("id")).isFalse();
            assertThat(entry.get("outcome").asText()).isEqualTo("refused");
        });
    }

    @Test
    void holders_are_named_by_their_key() {
        Answer issued = admin.issue(wish(owner()));
        node.anonymous().send("POST", "/v1/self/renew", "{}", "X-API-Key", issued.text("key"));
        String id = issued.text("id");
        JsonNode refused = refusals("actor=key:" + id, 1).getFirst();
        assertThat(refused.get("target").asText()).isEqualTo(id);
        assertThat(refused.get("code").asText()).isEqualTo("SELF_RENEWAL_NOT_ALLOWED");
    }

    @Test
    void every_route_that_may_change_something_says_as_what_it_is_recorded() {
        List<String> unrecorded = node.bean(Router.class)
                .uriRoutes()
                .filter(route -> !List.of("GET", "HEAD").contains(route.getHttpMethodName()))
                .filter(route -> route.getDeclaringType().getName().startsWith("io.keylapse.http."))
                .filter(route -> !route.getAnnotationMetadata().hasAnnotation(Audited.class))
                .map(route -> route.getUriMatchTemplate().toPathString())
                .distinct()
                .toList();
        assertThat(unrecorded)
                .containsExactlyInAnyOrder("/v1/keys/lookup", "/v1/checks", "/introspect", "/v1/self/link");
    }

    @Test
    void responses_carry_the_id_of_their_request() {
        Answer own = admin.get("/v1/me", "X-Request-ID", "a.b_C-1");
        assertThat(own.header("X-Request-ID")).isEqualTo("a.b_C-1");
        for (String bad : List.of("a b", "ä", "x".repeat(65), "\"")) {
            assertThat(admin.get("/v1/me", "X-Request-ID", bad).header("X-Request-ID"))
                    .matches("req_[0-9A-Za-z]{22}");
        }
        assertThat(node.anonymous().get("/v1/keys").header("X-Request-ID")).matches("req_[0-9A-Za-z]{22}");
        assertThat(node.anonymous().get("/v1/self").header("X-Request-ID")).matches("req_[0-9A-Za-z]{22}");
        assertThat(node.anonymous().post("/v1/self/link", "{\"token\":\"x\"}").header("X-Request-ID"))
                .matches("req_[0-9A-Za-z]{22}");
        assertThat(admin.get("/v1/keys/%FF").header("X-Request-ID")).matches("req_[0-9A-Za-z]{22}");
        assertThat(node.anonymous().check("kl_x").header("X-Request-ID")).isNull();
    }

    @Test
    void pages_follow_each_other_newest_first_with_every_filter() {
        String owner = owner();
        for (int i = 0; i < 5; i++) {
            asMarta.issue(wish(owner));
            asMarta.post("/v1/owners/" + encode(owner) + "/revoke", "{}");
        }
        for (String filter : List.of(
                "target=" + encode(owner),
                "target=" + encode(owner) + "&actor=" + marta,
                "target=" + encode(owner) + "&action=owner.revoke&outcome=done",
                "actor=" + marta + "&action=owner.revoke",
                "actor=" + marta,
                "action=owner.revoke&outcome=done",
                "outcome=done")) {
            var seen = new ArrayList<String>();
            Answer page = auditor.get("/v1/audit?limit=2&" + filter);
            while (true) {
                seen.addAll(idsOf(page.json()));
                JsonNode next = page.json().get("next");
                if (next == null || seen.size() > 100) {
                    break;
                }
                page = auditor.get("/v1/audit?limit=2&" + filter + "&cursor=" + next.asText());
            }
            assertThat(seen).as(filter).hasSizeGreaterThanOrEqualTo(5).doesNotHaveDuplicates();
            assertThat(seen).as(filter).isSortedAccordingTo((a, b) -> b.compareTo(a));
        }
        assertThat(entries("target=" + encode(owner) + "&action=key.issue")).isEmpty();
        assertThat(entries("target=" + encode(owner) + "&outcome=refused")).isEmpty();
    }

    @Test
    void a_time_range_includes_its_beginning_and_excludes_its_end() {
        String owner = owner();
        asMarta.issue(wish(owner));
        asMarta.post("/v1/owners/" + encode(owner) + "/revoke", "{}");
        String at = entries("target=" + encode(owner)).getFirst().get("at").asText();
        assertThat(entries("target=" + encode(owner) + "&from=" + at)).hasSize(1);
        assertThat(entries("target=" + encode(owner) + "&to=" + at)).isEmpty();
        assertThat(entries("target=" + encode(owner) + "&from=" + at.replace("Z", "001Z")))
                .isEmpty();
        assertThat(entries("target=" + encode(owner) + "&to=" + at.replace("Z", "001Z")))
                .hasSize(1);
    }

    @Test
    void the_whole_selection_is_exported_as_csv_and_ndjson() {
        Answer created = admin.post("/v1/management-keys", "{\"name\":\"=1+1\",\"role\":\"issuer\"}");
        Client formula = node.as(created.text("key"));
        for (int i = 0; i < 3; i++) {
            formula.issue(wish(owner()));
        }
        String query = "/v1/audit?action=key.issue&actor=" + created.text("id");
        Answer csv = auditor.get(query, "Accept", "text/csv");
        List<String> lines = csv.body().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.getFirst())
                .isEqualTo("id,at,count,actorId,actorName,action,target,changes,outcome,code,address,requestId");
        assertThat(lines.get(1)).contains("\"'=1+1\"", "\"key.issue\"", "\"done\"");
        assertThat(csv.header("Content-Disposition")).contains("audit.csv");
        Answer ndjson = auditor.get(query, "Accept", "application/x-ndjson");
        assertThat(ndjson.body().lines())
                .hasSize(3)
                .allMatch(line -> line.startsWith("{\"id\":\"aud_") && line.contains("\"name\":\"=1+1\""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "actor=Marta",
                "action=key.steal",
                "outcome=maybe",
                "from=yesterday",
                "to=1",
                "cursor=x",
                "limit=0",
                "target=%00",
                "colour=red"
            })
    void a_bad_filter_is_named(String query) {
        assertInvalid(auditor.get("/v1/audit?" + query), query.substring(0, query.indexOf('=')));
    }

    @Test
    void the_table_can_only_grow_until_the_retention_time_has_passed() {
        UUID old = entryOf(401);
        UUID recent = entryOf(399);
        for (String change : List.of(
                "UPDATE audit SET actor = 'x' WHERE id = ?",
                "UPDATE audit SET count = count + 1 WHERE id = ?",
                "DELETE FROM audit WHERE id = ?")) {
            assertThatThrownBy(() -> sql(change, old)).hasStackTraceContaining("append-only");
        }
        assertThatThrownBy(() -> sql("TRUNCATE audit")).hasStackTraceContaining("append-only");

        node.bean(AuditRetention.class).runOnce();
        assertThat(Stores.shared().ask("SELECT count(*) FROM audit WHERE id = ?", old))
                .isZero();
        assertThat(Stores.shared().ask("SELECT count(*) FROM audit WHERE id = ?", recent))
                .isOne();
    }

    private static UUID entryOf(int daysAgo) {
        long millis = System.currentTimeMillis() - daysAgo * 86_400_000L;
        var id = new UUID(millis << 16 | 0x7000L, UUID.randomUUID().getLeastSignificantBits());
        sql(
                "INSERT INTO audit (id, at, count, action, changes, outcome)"
                        + " VALUES (?, now() - ? * interval '1 day', 1, 'key.issue', '{}', 'done')",
                id,
                daysAgo);
        return id;
    }
}
