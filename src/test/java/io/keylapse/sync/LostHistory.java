package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.trust.VersionFloors;
import io.keylapse.app.embedded.PostgresCopies;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.util.List;
import java.util.Map;

/** Base of tests in which Postgres loses the latest changes of keys that Redis and the nodes still know. */
@SuppressWarnings("NullAway.Init") // set before and within each test
abstract class LostHistory {
    final PostgresCopies stores;
    final Keys.Redis redis;
    List<Node> nodes = List.of();

    /** Keys before and after the loss, named by the change that is lost. */
    Answer renewed;

    Answer revoked;
    Answer untouched;
    Answer issued;

    LostHistory(PostgresCopies stores) {
        this.stores = stores;
        redis = new Keys.Redis(stores);
    }

    final void closeNodes() {
        nodes.forEach(Node::close);
        nodes = List.of();
    }

    final void startNodes(String url) {
        nodes = List.of(startNode(url), startNode(url));
        nodes.forEach(Node::awaitRedisFollowed);
    }

    final Node startNode(String url) {
        return Node.start(stores, Map.of("keylapse.postgres.url", url));
    }

    /** Waits until Postgres has restarted, or accepts connections again. */
    final void awaitPostgres() {
        for (Node node : nodes) {
            await().atMost(20, SECONDS)
                    .until(() -> node.admin()
                                    .post("/v1/keys", "{\"owner\":\"other\",\"ttl\":\"P1D\"}")
                                    .status()
                            == 201);
            node.awaitRedisFollowed();
        }
    }

    final void issueKeys() {
        assertThat(nodes.getFirst()
                        .admin()
                        .post("/v1/management-keys", "{\"name\":\"ops\",\"role\":\"auditor\"}")
                        .status())
                .isEqualTo(201);
        renewed = Keys.issue(nodes.getFirst(), "P1D");
        revoked = Keys.issue(nodes.getFirst(), "P1D");
        untouched = Keys.issue(nodes.getFirst(), "P1D");
        nodes.forEach(Node::awaitRedisFollowed);
    }

    /** Makes the changes that Postgres will lose. */
    final void changeWhatIsLost() {
        assertThat(nodes.getFirst()
                        .admin()
                        .post("/v1/keys/" + renewed.text("id") + "/renew", "{\"ttl\":\"P2D\"}")
                        .status())
                .isEqualTo(200);
        Keys.revoke(nodes.getFirst(), revoked);
        issued = Keys.issue(nodes.getFirst(), "P1D");
        for (Node node : nodes) {
            assertThat(Keys.check(node, renewed).status()).isEqualTo(200);
            assertThat(Keys.check(node, revoked).status()).isEqualTo(401);
            assertThat(Keys.check(node, issued).status()).isEqualTo(200);
        }
        assertThat(redis.version(renewed.text("key"))).isEqualTo(2);
        nodes.forEach(Node::awaitRedisFollowed);
    }

    /** Both nodes answer according to Postgres, and in the end Redis has the same content. */
    final void assertThatPostgresDecides() {
        for (Node node : nodes) {
            await().atMost(10, SECONDS).untilAsserted(() -> {
                assertThat(Keys.check(node, issued).text("code")).isEqualTo("KEY_UNKNOWN");
                assertThat(Keys.check(node, revoked).status()).isEqualTo(200);
            });
        }
        Node first = nodes.getFirst();
        Keys.revoke(first, renewed);
        assertThat(first.admin()
                        .get("/v1/keys/" + renewed.text("id"))
                        .json()
                        .get("version")
                        .asInt())
                .isEqualTo(2);
        // The same version as the lost renewal has in Redis.
        assertThat(Keys.check(first, renewed).status()).isEqualTo(401);
        for (Node node : nodes) {
            await().atMost(2, SECONDS)
                    .untilAsserted(() ->
                            assertThat(Keys.check(node, renewed).text("code")).isEqualTo("KEY_REVOKED"));
            node.awaitRedisFollowed();
        }
        for (Node node : nodes) {
            assertThat(Keys.check(node, renewed).text("code")).isEqualTo("KEY_REVOKED");
            assertThat(Keys.check(node, issued).text("code")).isEqualTo("KEY_UNKNOWN");
            assertThat(Keys.check(node, revoked).status()).isEqualTo(200);
            assertThat(Keys.check(node, untouched).status()).isEqualTo(200);
            assertThat(node.bean(VersionFloors.class).isOutOfDate(Keys.name(revoked), 1))
                    .as("remembers the revocation that was lost")
                    .isFalse();
        }
        assertThat(redis.get(issued.text("key"))).isNull();
        assertThat(redis.version(revoked.text("key"))).isEqualTo(1);
        assertThat(redis.get(renewed.text("key"))[0]).isEqualTo((byte) 'R');
        Answer next = Keys.issue(first, "P1D");
        assertThat(Keys.revoke(first, next).text("enforcement")).isEqualTo("applied");
    }
}
