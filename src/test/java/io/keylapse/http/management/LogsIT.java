package io.keylapse.http.management;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.keylapse.harness.Client.Answer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogsIT extends OneNode {
    private static final Logger ALL = (Logger) LoggerFactory.getLogger("io.keylapse");

    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private Level before;

    @BeforeEach
    void listen() {
        before = ALL.getLevel();
        ALL.setLevel(Level.INFO);
        ALL.setAdditive(false);
        appender.start();
        ALL.addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        ALL.detachAppender(appender);
        ALL.setAdditive(true);
        ALL.setLevel(before);
    }

    @Test
    void each_change_is_one_line_that_says_which_key_whose_and_by_whom() {
        String owner = owner();
        Answer manager = admin.post("/v1/management-keys", "{\"name\":\"m\",\"role\":\"issuer\"}");
        var issuer = node.as(manager.text("key"));
        Answer key = issuer.issue(wish(owner));
        String path = "/v1/keys/" + key.text("id");
        issuer.post(path + "/renew", "{\"ttl\":\"PT2H\"}");
        issuer.patch(path, "{\"name\":\"n\"}");
        Answer successor = issuer.post(path + "/rotate", "{}");
        issuer.delete(path);
        issuer.delete(path);
        issuer.post("/v1/owners/" + owner + "/revoke", "{\"reason\":\"left\"}");

        List<String> lines = linesWith(owner);
        assertThat(lines)
                .allSatisfy(line ->
                        assertThat(line).contains("by=" + manager.text("id")).doesNotContain("\n"));
        assertThat(lines)
                .map(line -> line.substring(0, line.indexOf(" owner=")))
                .containsExactly(
                        "issued " + key.text("id"),
                        "renewed " + key.text("id"),
                        "changed " + key.text("id"),
                        "rotated " + key.text("id"),
                        "issued " + successor.text("id"),
                        "revoked " + key.text("id"),
                        "revoked " + successor.text("id"));
        assertThat(lines.getLast()).contains("reason=\"left\"");
        assertThat(linesWith(manager.text("id")).getFirst())
                .startsWith("created management key")
                .contains("role=issuer", "by=mgmt_0000000000000000000000");
    }

    @Test
    void no_secret_and_nothing_of_a_refused_request_is_logged() {
        String owner = owner();
        Answer manager = admin.post("/v1/management-keys", "{\"name\":\"m\",\"role\":\"admin\"}");
        Answer key = node.as(manager.text("key")).issue(wish(owner));
        admin.post("/v1/keys/lookup", "{\"key\":\"" + key.text("key") + "\"}");
        node.as(key.text("key")).get("/v1/keys/" + key.text("key"));
        admin.get("/v1/keys/" + key.text("key"));
        admin.post("/v1/keys", "{\"owner\":\"" + owner + "\",\"ttl\":\"P999D\"}");

        assertThat(linesWith(key.text("key"))).isEmpty();
        assertThat(linesWith(manager.text("key"))).isEmpty();
        assertThat(linesWith(owner)).hasSize(1);
    }

    private List<String> linesWith(String text) {
        return List.copyOf(appender.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains(text))
                .toList();
    }
}
