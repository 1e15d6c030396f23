package io.keylapse.http.management;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keylapse.http.management.body.StrictJson;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.lifecycle.rules.Deadline;
import io.keylapse.lifecycle.rules.NewKey;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyDetails.Contact;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a body means, which of several errors is reported, and what identifies a repeated request. */
class KeyRequestsTest {
    @Test
    void a_body_with_an_owner_only_has_empty_details_and_no_deadline() {
        assertThat(issue("{\"owner\":\"o\"}").toNewKey())
                .isEqualTo(new NewKey("o", new KeyDetails("", List.of(), "{}", null, null), new Deadline.None()));
        assertThat(issue("{\"owner\":\"o\",\"scopes\":null,\"contact\":{\"email\":null},\"leadTimes\":null}")
                        .toNewKey())
                .isEqualTo(issue("{\"owner\":\"o\"}").toNewKey());
    }

    @Test
    void scopes_and_lead_times_are_kept_once_each() {
        assertThat(issue("{\"owner\":\"o\",\"scopes\":[\"b\",\"a\",\"b\"],\"leadTimes\":[\"PT1H\",\"P1D\",\"PT24H\"]}")
                        .toNewKey()
                        .details())
                .isEqualTo(new KeyDetails(
                        "", List.of("b", "a"), "{}", null, List.of(Duration.ofDays(1), Duration.ofHours(1))));
    }

    /** Clients and tests rely on which error comes first: fields of the record, then trees in this order, then the deadline. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"leadTimes":5,"scopes":5,"name":5}|name|must be a string
            {"leadTimes":5,"scopes":5,"nmae":"x"}|nmae|is not a known field
            {"leadTimes":5,"scopes":5}|owner|is required
            {"owner":"o","ttl":"x","leadTimes":5,"contact":5,"metadata":5,"scopes":"a"}|scopes|must be an array of strings
            {"owner":"o","ttl":"x","leadTimes":5,"contact":5,"metadata":5}|metadata|must be a JSON object
            {"owner":"o","ttl":"x","leadTimes":5,"contact":5}|contact|must be a JSON object
            {"owner":"o","ttl":"x","leadTimes":5}|leadTimes|must be an array of durations
            {"owner":"o","ttl":"x"}|ttl|must be an ISO 8601 duration in days and time such as P30D or PT15M
            {"owner":"o","scopes":["a",null]}|scopes[1]|must be a string
            {"owner":"o","leadTimes":["P1D",null,"x"]}|leadTimes[1]|must be a string
            {"owner":"o","metadata":null}|metadata|must be a JSON object
            {"owner":"o","contact":{"email":5,"phone":"1"}}|contact.phone|is not a known field
            {"owner":"o","contact":{"language":5,"email":5}}|contact.email|must be a string
            {"owner":"o","contact":{"language":"de"}}|contact.email|is required together with language
            """)
    void the_first_error_of_a_body_is_reported(String body, String field, String message) {
        assertThatThrownBy(() -> issue(body).toNewKey())
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .containsExactly(new InvalidInputException.Violation(field, message)));
    }

    /** Nodes of several versions share the stored hashes, so they must not change. */
    @Test
    void the_hash_of_a_request_covers_all_its_fields_in_alphabetical_order() throws Exception {
        var request =
                issue("{\"scopes\":[\"b\",\"a\",\"b\"], \"owner\":\"o\\u0031\", \"metadata\":{\"z\":1.50,\"a\":null},"
                        + "\"leadTimes\":[\"PT24H\"], \"contact\":{\"email\":\"a@example.com\"}}");
        assertThat(StrictJson.hash("POST /v1/keys", request))
                .isEqualTo(sha256("POST /v1/keys {\"contact\":{\"email\":\"a@example.com\"},\"expiresAt\":null,"
                        + "\"leadTimes\":[\"PT24H\"],\"metadata\":{\"a\":null,\"z\":1.50},\"name\":null,\"owner\":\"o1\","
                        + "\"scopes\":[\"b\",\"a\",\"b\"],\"ttl\":null}"));
    }

    @Test
    void a_change_keeps_absent_fields_and_null_removes_contact_and_lead_times() {
        var present = new KeyDetails(
                "name", List.of("a"), "{\"a\":1}", new Contact("a@example.com", "de"), List.of(Duration.ofDays(1)));
        assertThat(change("{}").applyTo(present)).isEqualTo(present);
        assertThat(change("{\"contact\":null,\"leadTimes\":null}").applyTo(present))
                .isEqualTo(new KeyDetails("name", List.of("a"), "{\"a\":1}", null, null));
        assertThat(change("{\"name\":\"\",\"scopes\":[],\"metadata\":{},\"leadTimes\":[]}")
                        .applyTo(present))
                .isEqualTo(new KeyDetails("", List.of(), "{}", present.contact(), List.of()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"name":null}|name|must be a string
            {"scopes":null}|scopes|must be an array of strings
            {"metadata":null}|metadata|must be a JSON object
            """)
    void null_removes_nothing_else(String body, String field, String message) {
        var present = new KeyDetails("name", List.of("a"), "{}", null, null);
        assertThatThrownBy(() -> change(body).applyTo(present))
                .isInstanceOfSatisfying(
                        InvalidInputException.class,
                        refused -> assertThat(refused.violations())
                                .containsExactly(new InvalidInputException.Violation(field, message)));
    }

    private static KeyRequests.Issue issue(String body) {
        return StrictJson.parse(body.getBytes(UTF_8), KeyRequests.Issue.class);
    }

    private static KeyRequests.Change change(String body) {
        return StrictJson.parse(body.getBytes(UTF_8), KeyRequests.Change.class);
    }

    private static byte[] sha256(String text) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
    }
}
