package io.keylapse.campaign;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.campaign.KeyRing.Held;
import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Kind;
import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.stage.ServiceProcess;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A client of one node. It logs every call before any other thread can react to the response. */
final class Caller implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final int node;
    private final String root;
    private final KeyRing ring;
    private final Collection<Change> changes = new ConcurrentLinkedQueue<>();
    private final Collection<Check> checks = new ConcurrentLinkedQueue<>();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();

    Caller(int node, int port, KeyRing ring) {
        this.node = node;
        this.root = "http://localhost:" + port;
        this.ring = ring;
    }

    Collection<Change> changes() {
        return changes;
    }

    Collection<Check> checks() {
        return checks;
    }

    /** A response, or an outcome without one. */
    private record Answer(Outcome outcome, int status, String code, JsonNode json) {
        Instant instant(String member) {
            return json.hasNonNull(member) ? Instant.parse(json.get(member).asText()) : null;
        }

        String text(String member) {
            return json.path(member).asText();
        }
    }

    void check(Held held) {
        Instant start = Instant.now();
        Answer answer = send(request("/check").header("X-API-Key", held.secret()));
        checks.add(new Check(held.key(), node, start, Instant.now(), answer.status, answer.code));
    }

    /** Issues a key with that deadline, in whole milliseconds; null if that failed. */
    Held issue(Instant deadline) {
        Instant start = Instant.now();
        Answer answer = post("/v1/keys", "{\"owner\":\"campaign\",\"name\":\"k\",\"expiresAt\":\"" + deadline + "\"}");
        return issued(answer, start);
    }

    void renew(Held held, Instant deadline) {
        Instant start = Instant.now();
        Answer answer = post("/v1/keys/" + held.key().id() + "/renew", "{\"expiresAt\":\"" + deadline + "\"}");
        Instant answered = answer.outcome == Outcome.OK ? answer.instant("expiresAt") : deadline;
        log(Kind.RENEW, held, start, answer, answered, null);
    }

    void revoke(Held held) {
        Instant start = Instant.now();
        log(Kind.REVOKE, held, start, post("/v1/keys/" + held.key().id() + "/revoke", "{}"), null, null);
    }

    /** Rotates a key; the successor's lifetime counts from its issue. */
    void rotate(Held held, Duration grace, Duration ttl) {
        Instant start = Instant.now();
        String body = "{\"grace\":\"" + grace + "\",\"ttl\":\"" + ttl + "\"}";
        Answer answer = post("/v1/keys/" + held.key().id() + "/rotate", body);
        log(Kind.ROTATE, held, start, answer, null, grace);
        var _ = issued(answer, start);
    }

    private Held issued(Answer answer, Instant start) {
        if (answer.outcome == Outcome.OK) {
            Held held = Held.of(answer.text("id"), answer.text("key"));
            log(Kind.ISSUE, held, start, answer, answer.instant("expiresAt"), null);
            return held;
        }
        changes.add(new Change(Kind.ISSUE, null, node, start, Instant.now(), answer.outcome, 0, null, null, false));
        return null;
    }

    private void log(Kind kind, Held held, Instant start, Answer answer, Instant deadline, Duration grace) {
        // The response to a rotation has the version of the successor, not of the rotated key.
        int version = kind == Kind.ROTATE ? 0 : answer.json.path("version").asInt();
        boolean enforced = answer.text("enforcement").equals("applied");
        changes.add(new Change(
                kind, held.key(), node, start, Instant.now(), answer.outcome, version, deadline, grace, enforced));
        if (kind == Kind.ISSUE) {
            ring.add(held);
        } else if (answer.outcome != Outcome.FAILED) {
            ring.touch(held);
        }
    }

    private Answer post(String path, String body) {
        return send(request(path)
                .header("Authorization", "Bearer " + ServiceProcess.ADMIN_KEY)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(root + path)).timeout(PATIENCE);
    }

    /**
     * Sends a request. A refusal is certain; after an error on the way or in the service, the change may have been
     * made.
     */
    private Answer send(HttpRequest.Builder request) {
        try {
            HttpResponse<byte[]> response = http.send(request.build(), BodyHandlers.ofByteArray());
            int status = response.statusCode();
            Outcome outcome =
                    status < 300 ? Outcome.OK : status >= 400 && status < 500 ? Outcome.FAILED : Outcome.UNKNOWN;
            String code = response.headers().firstValue("X-Key-Code").orElse("");
            String body = new String(response.body(), UTF_8);
            return new Answer(outcome, status, code, body.isEmpty() ? JSON.createObjectNode() : JSON.readTree(body));
        } catch (ConnectException | HttpConnectTimeoutException e) {
            return new Answer(Outcome.FAILED, 0, "not sent", JSON.createObjectNode());
        } catch (IOException e) {
            return new Answer(Outcome.UNKNOWN, 0, "no answer", JSON.createObjectNode());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(Outcome.UNKNOWN, 0, "given up", JSON.createObjectNode());
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
