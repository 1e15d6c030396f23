package io.keylapse.http.connection.lane;

import static io.keylapse.http.gateway.Refusals.assertProblem;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.connection.lane.RequestLane.Entry;
import io.keylapse.http.gateway.RawConnection;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Key holders and admins do not take each other's places. */
class HoldersLaneIT {
    private static final Node node = Node.start(Stores.shared(), Map.of()).awaitRedisFollowed();
    private static final LaneSelector lanes = node.bean(LaneSelector.class);
    private static final Answer key = node.issue(Duration.ofDays(1));

    @Test
    void crowd_of_key_holders_keeps_no_admin_out_and_is_told_to_come_back() throws IOException {
        RequestLane holders = lanes.of("/v1/self");
        int taken = fill(holders);
        try (var waiting = new RawConnection(node)) {
            waiting.request("GET", "/v1/self", "X-API-Key: " + key.text("key"));
            await().atMost(20, SECONDS).until(() -> waitingHolders() == 2);
            assertThat(node.admin().get("/v1/keys?limit=1").status()).isEqualTo(200);

            while (holders.enter(holders::leave) == Entry.QUEUED) {}
            assertThat(waitingHolders()).isEqualTo(256);
            Answer refused = node.anonymous().get("/v1/self", "X-API-Key", key.text("key"));
            assertProblem(refused, 503, "TOO_BUSY");
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(node.bean(MeterRegistry.class)
                            .get("keylapse.http.requests.refused")
                            .tag("reason", "too_busy")
                            .counter()
                            .count())
                    .isEqualTo(1);
            assertThat(node.admin().get("/v1/keys?limit=1").status()).isEqualTo(200);
            assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);

            empty(holders, taken);
            assertThat(waiting.answer().status()).isEqualTo(200);
        }
        assertThat(node.anonymous()
                        .get("/v1/self", "X-API-Key", key.text("key"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void admins_keep_no_key_holder_out() throws IOException {
        RequestLane management = lanes.of("/v1/keys");
        int taken = fill(management);
        try (var waiting = new RawConnection(node)) {
            waiting.request("GET", "/v1/keys?limit=1", "Authorization: Bearer " + Node.ADMIN_KEY);
            await().atMost(20, SECONDS).until(() -> management.waiting() == 2);

            assertThat(node.anonymous()
                            .get("/v1/self", "X-API-Key", key.text("key"))
                            .status())
                    .isEqualTo(200);
            assertThat(node.anonymous()
                            .post("/v1/self/link", "{\"token\":\"none\"}")
                            .status())
                    .isEqualTo(401);

            empty(management, taken);
            assertThat(waiting.answer().status()).isEqualTo(200);
        }
    }

    @Test
    void path_of_key_holders_is_in_their_lane_in_every_spelling_that_is_served() throws IOException {
        RequestLane holders = lanes.of("/v1/self");
        for (String target : new String[] {"/v1/self", "/v1/self/renew", "//v1/self", "http://keylapse/v1/self?a=b"}) {
            assertThat(lanes.of(target)).as(target).isSameAs(holders);
        }
        assertThat(lanes.of("/keys/v1/self/link/renew")).isSameAs(lanes.of("/v1/self/link"));
        assertThat(lanes.of("/v1/keys?q=/v1/self"))
                .isSameAs(lanes.of("/v1/keys"))
                .isNotSameAs(holders);
        // No route has other spellings.
        for (String target : new String[] {"/v1/%73elf", "/v1//self", "/v1/./self", "http://keylapse/v1/%73elf"}) {
            try (var connection = new RawConnection(node)) {
                Answer answer = connection
                        .request("GET", target, "X-API-Key: " + key.text("key"))
                        .answer();
                assertThat(answer.status()).as(target).isIn(401, 404);
            }
        }
    }

    /** Takes all places. Returns how many they are. One more request waits, and leaves as soon as it gets a place. */
    private static int fill(RequestLane lane) {
        int taken = 0;
        while (lane.enter(lane::leave) == Entry.GRANTED) {
            taken++;
        }
        return taken;
    }

    private static void empty(RequestLane lane, int taken) {
        for (int i = 0; i < taken; i++) {
            lane.leave();
        }
    }

    private static int waitingHolders() {
        return (int) node.bean(MeterRegistry.class)
                .get("keylapse.http.requests.waiting")
                .tag("lane", "holders")
                .gauge()
                .value();
    }
}
