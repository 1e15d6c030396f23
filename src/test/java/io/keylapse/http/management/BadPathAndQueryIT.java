package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.http.gateway.RawConnection;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each violation of a rule in a path or a query is a 400 that names the field. */
class BadPathAndQueryIT extends OneNode {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "key_",
                "key_zzzzzzzzzzzzzzzzzzzzzz",
                "key_000000000000000000000",
                "key_00000000000000000000000",
                "KEY_0000000000000000000000",
                "mgmt_0000000000000000000000",
                "key_000000000000000000000%C3%A9",
                "%00"
            })
    void ids_of_another_form_or_kind_are_refused(String id) {
        String path = "/v1/keys/" + id;
        assertInvalid(admin.get(path), "id");
        assertInvalid(admin.patch(path, "{}"), "id");
        assertInvalid(admin.post(path + "/renew", "{\"ttl\":\"PT1H\"}"), "id");
        assertInvalid(admin.post(path + "/rotate", "{}"), "id");
        assertInvalid(admin.post(path + "/revoke", "{}"), "id");
        assertInvalid(admin.delete(path), "id");
        assertInvalid(admin.delete("/v1/management-keys/" + id.replace("mgmt_", "key_")), "id");
    }

    @ParameterizedTest
    @ValueSource(strings = {"%20", "%C2%A0", "%00", "%0A", "a%E2%80%A8"})
    void invalid_owners_in_the_path_are_refused(String owner) {
        assertInvalid(admin.post("/v1/owners/" + owner + "/revoke", "{}"), "owner");
        assertInvalid(admin.get("/v1/keys?owner=" + owner), "owner");
    }

    @Test
    void paths_and_queries_that_are_not_utf8_are_refused() {
        assertInvalid(admin.post("/v1/owners/a%FF/revoke", "{}"), "path");
        assertInvalid(admin.post("/v1/owners/%ED%A0%80/revoke", "{}"), "path");
        assertInvalid(admin.get("/v1/keys?owner=%C0%AF"), "query");
    }

    /** Micronaut decodes a target that names a host, and encodes it again. */
    @Test
    void target_that_names_a_host_is_decoded_once() throws Exception {
        String owner = owner() + "&limit=0;%";
        String id = admin.issue(wish(owner)).text("id");
        assertThat(idsOf(absolute("GET", "/v1/keys?owner=" + encode(owner)).json()))
                .containsExactly(id);
        assertInvalid(absolute("POST", "/v1/owners/a%FF/revoke"), "path");
        assertInvalid(absolute("GET", "/v1/keys?owner=%C0%AF"), "query");
        assertInvalid(absolute("GET", "/v1/keys?limit=0"), "limit");
    }

    @Test
    void query_is_utf8_whatever_content_type_says_and_has_no_separator_but_the_ampersand() {
        String owner = owner() + "\u00e9;limit=0";
        String id = admin.issue(wish(owner)).text("id");
        String query = "/v1/keys?owner=" + encode(owner).replace("%3B", ";");
        assertThat(idsOf(admin.get(query, "Content-Type", "application/json; charset=ISO-8859-1")
                        .json()))
                .containsExactly(id);
    }

    private static Answer absolute(String method, String target) throws Exception {
        try (var connection = new RawConnection(node)) {
            return connection
                    .request(method, "http://keylapse" + target, "Authorization: Bearer " + Node.ADMIN_KEY)
                    .answer();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0,limit",
        "limit=501,limit",
        "limit=-1,limit",
        "limit=abc,limit",
        "limit=1e2,limit",
        "limit=%2B5,limit",
        "limit=99999999999999999999,limit",
        "limit=%D9%A5,limit",
        "limit=1&limit=2,limit",
        "surprise=1,surprise",
        "Owner=o,Owner",
        "state=gone,state",
        "state=ACTIVE,state",
        "state=active&state=expired,state",
        "expiresBefore=x,expiresBefore",
        "expiresBefore=2027-01-01,expiresBefore",
        "expiresBefore=2027-01-01T00:00:00+01:00,expiresBefore",
        "state=revoked&expiresBefore=2027-01-01T00:00:00Z,state",
        "cursor=x,cursor",
        "cursor=!!!,cursor",
        "cursor=Z2FyYmFnZQ,cursor"
    })
    void invalid_queries_of_the_list_of_keys_are_refused(String query, String field) {
        assertInvalid(admin.get("/v1/keys?" + query), field);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "i",
                "i~",
                "i~x",
                "i~1-1-1-1-1",
                "i~01a2041c-1509-750d-955a-75fcb9eb706c~1",
                "x~01a2041c-1509-750d-955a-75fcb9eb706c",
                "d~2027-01-01T00:00:00Z~01a2041c-1509-750d-955a-75fcb9eb706c",
                "e~2027-01-01T00:00:00Z~01a2041c-1509-750d-955a-75fcb9eb706c~1"
            })
    void cursors_of_another_list_or_of_none_are_refused(String plain) {
        String cursor = Base64.getUrlEncoder().withoutPadding().encodeToString(plain.getBytes(UTF_8));
        assertInvalid(admin.get("/v1/keys?cursor=" + cursor), "cursor");
        if (!plain.startsWith("d")) {
            assertInvalid(admin.get("/v1/keys?expiresBefore=2027-01-01T00:00:00Z&cursor=" + cursor), "cursor");
        }
    }
}
