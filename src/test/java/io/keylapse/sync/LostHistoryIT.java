package io.keylapse.sync;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.embedded.PostgresCopies;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Postgres loses commits, in a fail-over or by a restore, and Redis and the nodes remember what never was. */
class LostHistoryIT {
    private final PostgresCopies stores = new PostgresCopies();
    private Keys.Redis redis;
    private List<Node> nodes = List.of();

    /** Keys before and after what is lost, by what happens to them in the time that is lost. */
    private Answer renewed;

    private Answer revoked;
    private Answer untouched;
    private Answer issued;

    @BeforeEach
    void connect() {
        redis = new Keys.Redis(stores);
    }

    @AfterEach
    void close() {
        nodes.forEach(Node::close);
        redis.close();
        stores.close();
    }

    private void startNodes(String url) {
        nodes = List.of(startNode(url), startNode(url));
        nodes.forEach(Node::awaitRedisFollowed);
    }

    private Node startNode(String url) {
        return Node.start(stores, Map.of("keylapse.postgres.url", url));
    }

    /** Postgres was restarted, or ended its connections. */
    private void awaitPostgres() {
        for (Node node : nodes) {
            await().atMost(20, SECONDS)
                    .until(() -> node.admin()
                                    .issue("{\"owner\":\"other\",\"ttl\":\"P1D\"}")
                                    .status()
                            == 201);
            node.awaitRedisFollowed();
        }
    }

    private void issueKeys() {
        renewed = Keys.issue(nodes.getFirst(), "P1D");
        revoked = Keys.issue(nodes.getFirst(), "P1D");
        untouched = Keys.issue(nodes.getFirst(), "P1D");
        nodes.forEach(Node::awaitRedisFollowed);
    }

    /** What Postgres will have lost. */
    private void changeWhatIsLost() {
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

    /** Everybody goes by what Postgres has now, and Redis holds the same in the end. */
    private void assertThatPostgresIsGoneBy() {
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
        // The same version as Redis has of the renewal that was lost.
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
        }
        assertThat(redis.get(issued.text("key"))).isNull();
        assertThat(redis.version(revoked.text("key"))).isEqualTo(1);
        assertThat(redis.get(renewed.text("key"))[0]).isEqualTo((byte) 'R');
        Answer next = Keys.issue(first, "P1D");
        assertThat(Keys.revoke(first, next).text("enforcement")).isEqualTo("applied");
    }

    private void failOverWithLag(boolean nodesStayUp) {
        startNodes(stores.urlOfBoth());
        stores.startStandby();
        awaitPostgres();
        issueKeys();
        stores.awaitReplicated();
        stores.letStandbyLag();
        changeWhatIsLost();
        if (!nodesStayUp) {
            nodes.forEach(Node::close);
        }
        stores.failOver();
        if (!nodesStayUp) {
            startNodes(stores.urlOfBoth());
        }
    }

    @Test
    void standby_that_lags_is_promoted_under_running_nodes() {
        failOverWithLag(true);
        assertThatPostgresIsGoneBy();
    }

    @Test
    void standby_that_lags_is_promoted_while_no_node_runs() {
        failOverWithLag(false);
        assertThatPostgresIsGoneBy();
    }

    private void restore(boolean nodesStayUp) {
        startNodes(stores.postgresUrl());
        issueKeys();
        stores.copyDatabase("postgres", "saved");
        awaitPostgres();
        changeWhatIsLost();
        if (!nodesStayUp) {
            nodes.forEach(Node::close);
        }
        stores.putInPlace("postgres", "saved");
        if (!nodesStayUp) {
            startNodes(stores.postgresUrl());
        }
    }

    @Test
    void another_database_takes_the_place_of_ours_under_running_nodes() {
        restore(true);
        assertThatPostgresIsGoneBy();
    }

    @Test
    void another_database_takes_the_place_of_ours_while_no_node_runs() {
        restore(false);
        assertThatPostgresIsGoneBy();
    }

    private void putFilesBack(boolean nodesStayUp) {
        startNodes(stores.postgresUrl());
        issueKeys();
        stores.copyFiles();
        awaitPostgres();
        changeWhatIsLost();
        if (!nodesStayUp) {
            nodes.forEach(Node::close);
        }
        stores.putFilesBack();
        if (!nodesStayUp) {
            startNodes(stores.postgresUrl());
        }
    }

    @Test
    void files_are_put_back_under_running_nodes() {
        putFilesBack(true);
        assertThatPostgresIsGoneBy();
        // Nobody takes the lost past for ours, not even once Postgres has written more than was lost.
        assertThat(stores.ask("SELECT count(*) FROM milestone WHERE made_at < pg_postmaster_start_time()"))
                .isEqualTo("0");
    }

    @Test
    void files_are_put_back_while_no_node_runs() {
        putFilesBack(false);
        assertThatPostgresIsGoneBy();
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
        // Redis is not believed on that node, and Postgres does not count.
        assertThat(Keys.check(left, untouched).status()).isEqualTo(503);
        // Whatever it still changes in the old primary, it keeps out of Redis.
        Keys.revoke(left, untouched);
        assertThat(Keys.check(right, untouched).status()).isEqualTo(200);
        assertThat(redis.version(untouched.text("key"))).isEqualTo(1);
    }
}
