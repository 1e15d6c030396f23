package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.PostgresCopies;
import io.keylapse.harness.Node;
import io.keylapse.harness.TcpProxy;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node reaches a standby, or the old primary of a promoted standby. */
class SupersededPrimaryIT extends LostHistory {
    SupersededPrimaryIT() {
        super(new PostgresCopies());
    }

    @Test
    void a_node_that_reaches_a_standby_accepts_nothing_on_its_word_until_it_is_promoted() {
        startNodes(stores.postgresUrl());
        stores.startStandby();
        awaitPostgres();
        issueKeys();
        stores.awaitReplicated();
        closeNodes();
        redis.commands().flushall();

        Node node = startNode(stores.urlOfStandby());
        nodes = List.of(node);
        await().atMost(10, SECONDS)
                .untilAsserted(
                        () -> assertThat(node.admin().get("/health/readiness").body())
                                .contains("DEGRADED", "it is a standby", "set KEYLAPSE_POSTGRES_URL to the primary"));
        assertThat(Keys.check(node, untouched).status()).isEqualTo(503);

        stores.promote();
        node.awaitRedisFollowed();
        assertThat(Keys.check(node, untouched).status()).isEqualTo(200);
    }

    @Test
    void connections_to_a_superseded_primary_are_replaced() {
        startNodes(stores.postgresUrl());
        nodes.getLast().close();
        stores.startStandby();
        try (var wire = new TcpProxy(port(stores.postgresUrl()))) {
            Node left = startNode(wire.reaching(stores.postgresUrl()));
            nodes = List.of(nodes.getFirst(), left);
            awaitPostgres();
            issueKeys();
            stores.awaitReplicated();
            nodes.getFirst().close();
            // The name now resolves to the promoted standby, while open connections to the old primary, which is still
            // running, stay.
            wire.retarget(port(stores.urlOfStandby()));
            stores.promote();
            Node right = startNode(stores.urlOfStandby());
            nodes = List.of(left, right);
            right.awaitRedisFollowed();
            Keys.revoke(right, revoked);

            await().atMost(20, SECONDS)
                    .untilAsserted(() -> assertThat(Keys.revoke(left, untouched).text("enforcement"))
                            .isEqualTo("applied"));
            assertThat(Keys.check(left, revoked).text("code")).isEqualTo("KEY_REVOKED");
            assertThat(Keys.check(right, untouched).text("code")).isEqualTo("KEY_REVOKED");
            closeNodes();
        }
    }

    private static int port(String url) {
        return URI.create(url.replaceFirst("^jdbc:", "")).getPort();
    }

    @Test
    void a_node_that_still_reaches_the_old_primary_accepts_nothing_on_its_word() {
        startNodes(stores.postgresUrl());
        stores.startStandby();
        awaitPostgres();
        issueKeys();
        stores.awaitReplicated();
        Node left = nodes.getFirst();
        nodes.getLast().close();
        stores.promote();

        Node right = startNode(stores.urlOfStandby());
        nodes = List.of(left, right);
        right.awaitRedisFollowed();
        Keys.revoke(right, revoked);

        await().atMost(10, SECONDS)
                .untilAsserted(
                        () -> assertThat(left.admin().get("/health/readiness").body())
                                .contains("DEGRADED", "timeline 1", "timeline 2"));
        assertThat(Keys.check(left, revoked).status()).isNotEqualTo(200);
        // That node trusts neither Redis nor Postgres.
        assertThat(Keys.check(left, untouched).status()).isEqualTo(503);
        // The node changes nothing in the old primary, where it would be lost: new connections to it are refused.
        String revoke = "/v1/keys/" + untouched.text("id") + "/revoke";
        assertThat(left.admin().post(revoke, "{}").status()).isEqualTo(503);
        assertThat(Keys.check(right, untouched).status()).isEqualTo(200);
        assertThat(redis.version(untouched.text("key"))).isEqualTo(1);
    }
}
