package io.keylapse.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.app.embedded.PostgresCopies;
import io.keylapse.harness.Node;
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
}
