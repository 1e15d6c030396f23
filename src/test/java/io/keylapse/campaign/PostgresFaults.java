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

/** Faults of the current primary of Postgres. */
record PostgresFaults(Stage stage, Traffic traffic) {
    private static final String TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    /** Long enough for several changes. */
    private static final Duration MIN_LAG = Duration.ofSeconds(1);

    private static final Duration LONG_LIFETIME = Duration.ofHours(1);

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

    /**
     * Makes changes that are certainly lost, and whose loss stays visible for an hour: an issued and a revoked key.
     */
    private void loseSome(int node, Held revoked) {
        traffic.ask(node, LONG_LIFETIME);
        if (revoked != null) {
            traffic.revoke(node, revoked);
        }
    }

    /**
     * Fails over to a lagging standby, so that Postgres loses the commits of the lag. The services reach the standby
     * before it is promoted.
     */
    Fault loseHistory(Duration lag) throws InterruptedException {
        PostgresPair servers = stage.postgresServers();
        servers.startStandby();
        Map<Integer, Held> revoked = new HashMap<>();
        for (int node = 0; node < Stage.NODES; node++) {
            revoked.put(node, traffic.issue(node, LONG_LIFETIME));
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
