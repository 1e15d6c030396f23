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

/** Postgres loses commits in a fail-over, or because it is replaced by a copy. */
class LostHistoryIT extends LostHistory {
    LostHistoryIT() {
        super(new PostgresCopies());
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
        assertThatPostgresDecides();
    }

    @Test
    void standby_that_lags_is_promoted_while_no_node_runs() {
        failOverWithLag(false);
        assertThatPostgresDecides();
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
        assertThatPostgresDecides();
    }

    @Test
    void another_database_takes_the_place_of_ours_while_no_node_runs() {
        restore(false);
        assertThatPostgresDecides();
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
        assertThatPostgresDecides();
        // No node takes the lost history for the current one, even after Postgres has written more than was lost.
        assertThat(stores.ask("SELECT count(*) FROM milestone WHERE made_at < pg_postmaster_start_time()"))
                .isZero();
    }

    @Test
    void files_are_put_back_while_no_node_runs() {
        putFilesBack(false);
        assertThatPostgresDecides();
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
