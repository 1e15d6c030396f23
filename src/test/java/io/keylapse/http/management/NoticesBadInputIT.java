package io.keylapse.http.management;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An error in a request about notices is reported for its field. */
class NoticesBadInputIT extends OneNode {
    @ParameterizedTest
    @CsvSource({
        "/v1/notices?type=expired, type",
        "/v1/notices?owner=%00, owner",
        "/v1/notices?keyId=key_1, keyId",
        "/v1/notices?from=yesterday, from",
        "/v1/notices?from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z, from",
        "/v1/notices?cursor=x, cursor",
        "/v1/notices?limit=501, limit",
        "/v1/notices?kind=expired, kind",
        "/v1/notices?owner=a&owner=b, owner",
        "/v1/notices/msg_1, id",
        "/v1/deliveries?state=failed, state",
        "/v1/deliveries?webhookId=wh_1, webhookId",
        "/v1/deliveries?noticeId=1, noticeId",
        "/v1/deliveries?cursor=x, cursor",
        "/v1/deliveries/1, id",
        "/v1/webhooks?limit=x, limit",
        "/v1/webhooks/1, id",
        "/v1/overview?x=1, x",
    })
    void query_or_path_that_makes_no_sense(String path, String field) {
        assertInvalid(admin.get(path), field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                                         | url
            {"url":"no url at all"}                                    | url
            {"url":"https://example.com/","events":"api_key.expired"}  | events
            {"url":"https://example.com/","events":["expired"]}        | events
            {"url":"https://example.com/","events":[1]}                | events[0]
            {"url":"https://example.com/","owners":{}}                 | owners
            {"url":"https://example.com/","owners":[null]}             | owners[0]
            {"url":"https://example.com/","secret":"whsec_mine"}       | secret
            """)
    void invalid_webhook_is_refused(String body, String field) {
        assertInvalid(admin.post("/v1/webhooks", body), field);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"leadTimes":"P1D"}              | leadTimes
            {"leadTimes":[1]}                | leadTimes[0]
            {"leadTimes":["P1M"]}            | leadTimes[0]
            {"leadTimes":["P400D"]}          | leadTimes
            {"leadTimes":["P1DT1M"]}         | leadTimes
            """)
    void invalid_lead_times_are_refused(String more, String field) {
        String body = "{\"owner\":\"o\",\"ttl\":\"PT1H\"," + more.substring(1);
        assertInvalid(admin.post("/v1/keys", body), field);
    }
}
