package io.keylapse.registry.sql;

import com.zaxxer.hikari.HikariDataSource;
import io.micronaut.data.connection.jdbc.advice.DelegatingDataSource;
import jakarta.inject.Singleton;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces all connections of the pool when one stops responding. The cause, such as a firewall that dropped its state or a
 * fail-over of the host, has probably broken the others too, and each borrower of such a connection would wait a second to
 * find out.
 */
@Singleton
final class DeadConnections {
    private static final Logger LOG = LoggerFactory.getLogger(DeadConnections.class);

    private final DataSource pool;
    private volatile long givenUp = System.nanoTime();

    DeadConnections(DataSource pool) {
        this.pool = DelegatingDataSource.unwrapDataSource(pool);
    }

    /**
     * Replaces all connections if this failure means that a connection stopped responding.
     *
     * @param begun the {@link System#nanoTime} at which the failed work started
     */
    void judge(Throwable failure, long begun) {
        // Work that started before the last replacement used an old connection and says nothing about the new ones.
        if (begun - givenUp > 0 && PostgresFailure.isSilence(failure) && pool instanceof HikariDataSource hikari) {
            givenUp = System.nanoTime();
            LOG.warn("a connection to Postgres stopped responding; all connections are replaced");
            hikari.getHikariPoolMXBean().softEvictConnections();
        }
    }

    /** Replaces all connections, because some may lead to a Postgres that must not be trusted any longer. */
    void giveUpAll() {
        givenUp = System.nanoTime();
        if (pool instanceof HikariDataSource hikari && hikari.getHikariPoolMXBean() != null) {
            hikari.getHikariPoolMXBean().softEvictConnections();
        }
    }
}
