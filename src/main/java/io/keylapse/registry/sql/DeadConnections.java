package io.keylapse.registry.sql;

import com.zaxxer.hikari.HikariDataSource;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Singleton;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives up every connection when one has gone silent. What took it, such as a firewall that forgot it or a fail-over of
 * the host, has most likely taken the others too, and to find that out of each would cost whoever borrows it a second.
 */
@Singleton
final class DeadConnections {
    private static final Logger LOG = LoggerFactory.getLogger(DeadConnections.class);

    private final DataSource pool;
    private volatile long givenUp = System.nanoTime();

    DeadConnections(DataSource pool) {
        this.pool = DelegatingDataSource.unwrapDataSource(pool);
    }

    /** Looks why something failed that was begun at that {@link System#nanoTime}. */
    void judge(Throwable failure, long begun) {
        // Of several that hung on dead connections, the first to be sure speaks for all.
        if (begun - givenUp > 0 && PostgresFailure.isSilence(failure) && pool instanceof HikariDataSource hikari) {
            givenUp = System.nanoTime();
            LOG.warn("a connection to Postgres has gone silent; all are made anew");
            hikari.getHikariPoolMXBean().softEvictConnections();
        }
    }

    /** Gives up every connection because some may lead to a Postgres that is no longer the one to go by. */
    void giveUpAll() {
        givenUp = System.nanoTime();
        if (pool instanceof HikariDataSource hikari && hikari.getHikariPoolMXBean() != null) {
            hikari.getHikariPoolMXBean().softEvictConnections();
        }
    }
}
