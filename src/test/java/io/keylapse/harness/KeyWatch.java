package io.keylapse.harness;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;

/** Some good and some revoked keys of a node, and the assertions that must hold for them whatever happens to Redis. */
@NullUnmarked
public final class KeyWatch {
    private final Node node;
    private final Client admin;
    private final List<String> good;
    private final List<String> revoked;

    public KeyWatch(Node node) {
        this.node = node;
        this.admin = node.admin();
        good = issue(20, Duration.ofHours(1));
        revoked = IntStream.range(0, 10).mapToObj(_ -> revokedKey()).toList();
        // The checks that missed have refilled Redis; from now on Redis answers them as long as it responds.
        assertRight();
    }

    private String revokedKey() {
        var issued = admin.issue("watched", Duration.ofHours(1));
        assertThat(admin.post("/v1/keys/" + issued.text("id") + "/revoke", "{}").status())
                .isEqualTo(200);
        return issued.text("key");
    }

    private List<String> issue(int count, Duration ttl) {
        return IntStream.range(0, count)
                .mapToObj(_ -> admin.issue("watched", ttl).text("key"))
                .toList();
    }

    /** Good keys are accepted and revoked keys refused, or the response is 503. */
    public void assertNeverWrong() {
        assertThat(good).allSatisfy(key -> assertThat(admin.check(key).status()).isIn(200, 503));
        assertThat(revoked)
                .allSatisfy(key -> assertThat(admin.check(key).status()).isIn(401, 503));
    }

    /** Good keys are accepted and revoked ones refused. */
    public void assertRight() {
        assertThat(good).allSatisfy(key -> assertThat(admin.check(key).status()).isEqualTo(200));
        assertThat(revoked)
                .allSatisfy(key -> assertThat(admin.check(key).status()).isEqualTo(401));
    }

    /** Waits until a new key is written to Redis on every primary. */
    public void awaitEnforced() {
        await().atMost(20, SECONDS)
                .until(() -> IntStream.range(0, 12)
                        .allMatch(_ -> "applied"
                                .equals(admin.issue("enforced", Duration.ofMinutes(1))
                                        .text("enforcement"))));
    }

    /** Waits until keys that expire on each of these primaries are all recorded from Redis's notifications. */
    public void awaitHeard(Collection<Primary> primaries) {
        await().atMost(30, SECONDS)
                .untilAsserted(() -> assertThat(primariesHeard()).containsAll(primaries));
    }

    private List<Primary> primariesHeard() {
        String owner = "lapsing-" + UUID.randomUUID();
        List<String> keys = IntStream.range(0, 15)
                .mapToObj(_ -> admin.issue(owner, Duration.ofSeconds(1)).text("key"))
                .toList();
        await().atMost(10, SECONDS).until(() -> entries(owner).size() == keys.size());
        boolean allHeard = IntStream.range(0, keys.size())
                .allMatch(i -> entries(owner).get(i).get("source").asText().equals("notification"));
        return allHeard ? keys.stream().map(this::primaryOf).distinct().toList() : List.of();
    }

    /** The blacklist entries of an owner. */
    public JsonNode entries(String owner) {
        return admin.get("/v1/blacklist?limit=100&owner=" + owner).json().get("items");
    }

    /** The primary that stores a key. */
    public Primary primaryOf(String key) {
        return node.bean(RedisConnection.class).primaryOf(RedisName.of(key));
    }

    /** For each subscribed primary, 1 if its canary was received and 0 if not. */
    public List<Double> canaries() {
        return node.bean(MeterRegistry.class).find("keylapse.redis.canary").gauges().stream()
                .map(Gauge::value)
                .toList();
    }
}
