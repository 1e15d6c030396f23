package io.keylapse.campaign;

import io.keylapse.app.embedded.PostgresPair;
import io.keylapse.app.embedded.PostgresProcess;
import io.keylapse.campaign.KeyRing.Held;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.campaign.stage.Stage;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** What befalls the Postgres that is the primary at the time. */
record PostgresFaults(Stage stage, Traffic traffic) {
    private static final String TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    /** Enough for several changes. */
    private static final Duration MIN_LAG = Duration.ofSeconds(1);

    private static final Duration OUTLIVING_ALL = Duration.ofHours(1);

    PostgresProcess primary() {
        return stage.postgresServers().primary();
    }

    ProcessHandle process() {
        return ProcessHandle.of(primary().pid()).orElseThrow();
    }

    void terminateBackends() throws SQLException {
        try (var connection = stage.postgres();
                var statement = connection.createStatement()) {
            statement.execute(TERMINATE);
        }
    }

    /** Besides what clients happen to do meanwhile: changes that show for long whether they are still gone by. */
    private void loseSome(int node, Held revoked) {
        traffic.ask(node, OUTLIVING_ALL);
        if (revoked != null) {
            traffic.revoke(node, revoked);
        }
    }

    /**
     * A standby lags, the primary is killed, and the standby takes its place: what was committed meanwhile is lost. The
     * services reach the standby before it is promoted.
     */
    Fault loseHistory(Duration lag) throws InterruptedException {
        PostgresPair servers = stage.postgresServers();
        servers.startStandby();
        Map<Integer, Held> revoked = new HashMap<>();
        for (int node = 0; node < Stage.NODES; node++) {
            revoked.put(node, traffic.issue(node, OUTLIVING_ALL));
        }
        Instant lostSince = Instant.now();
        servers.awaitReplicated();
        servers.letStandbyLag();
        revoked.forEach(this::loseSome);
        Thread.sleep(MIN_LAG.plus(lag));
        Instant from = Instant.now();
        servers.primary().kill();
        stage.leadToPostgres(servers.standby().port());
        servers.promote();
        return new Fault(Kind.POSTGRES_HISTORY_LOST, Store.POSTGRES, Fault.ALL, from, Instant.now(), lostSince);
    }
}
