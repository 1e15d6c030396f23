package io.keylapse.simulation.postgres;

import io.keylapse.expiry.NodeTable;
import io.keylapse.registry.ChangeLog;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.ending.DueKeys;
import io.keylapse.simulation.postgres.ModelPostgres.Row;
import io.keylapse.simulation.world.Beans;
import io.micronaut.data.connection.ConnectionOperations;
import io.micronaut.transaction.TransactionOperations;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import javax.sql.DataSource;

/** The tables of the production code on one session, whose transactions the test begins and ends. */
final class TableSession {
    private TableSession() {}

    record Tables(KeyTable keys, BlacklistTable blacklist, ChangeLog changes, DueKeys deadlines, NodeTable nodes) {
        private static Tables over(
                ConnectionOperations<Connection> connections, TransactionOperations<Connection> transactions) {
            var beans = new Beans();
            beans.put(ConnectionOperations.class, connections);
            beans.put(TransactionOperations.class, transactions);
            beans.put(DataSource.class, ModelJdbc.noPool());
            beans.put(int.class, Integer.MAX_VALUE);
            return new Tables(
                    beans.get(KeyTable.class),
                    beans.get(BlacklistTable.class),
                    beans.get(ChangeLog.class),
                    beans.get(DueKeys.class),
                    beans.get(NodeTable.class));
        }
    }

    /** A session with the model. */
    static final class Modelled implements ModelJdbc.Session {
        private final ModelPostgres server;
        private final ModelStatements statements;
        private final Tables tables = Tables.over(ModelJdbc.connections(this), ModelJdbc.noTransactions());
        private Transaction transaction;

        Modelled(ModelPostgres server) {
            this.server = server;
            this.statements = new ModelStatements(server, BlacklistTable.BATCH, free -> {
                if (!free.getAsBoolean()) {
                    throw new IllegalStateException("the test would wait for itself");
                }
            });
        }

        Tables tables() {
            return tables;
        }

        Transaction transaction() {
            if (transaction == null) {
                transaction = server.begin();
            }
            return transaction;
        }

        void end(boolean commit) {
            if (transaction != null) {
                if (commit) {
                    transaction.commit();
                } else {
                    transaction.rollback();
                }
                transaction = null;
            }
        }

        @Override
        public boolean isInTransaction() {
            return true;
        }

        @Override
        public <T> T inTransaction(Supplier<T> work) {
            return work.get();
        }

        @Override
        public void giveUpAfter(int millis) {
            // Not needed, because the test waits for every response.
        }

        @Override
        public List<Row> run(String method, String sql, Object[] parameters) {
            return statements.run(method, sql, transaction(), parameters);
        }
    }

    /** A session with the real server. */
    static final class Real {
        private final Connection connection;
        private final Tables tables;

        Real(Connection connection) {
            this.connection = connection;
            this.tables = Tables.over(ModelJdbc.inUse(connection), ModelJdbc.noTransactions());
        }

        Tables tables() {
            return tables;
        }

        void end(boolean commit) {
            try {
                if (commit) {
                    connection.commit();
                } else {
                    connection.rollback();
                }
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The blacklist, without the instants of recording. */
        Set<String> endings() throws SQLException {
            var endings = new TreeSet<String>();
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery("SELECT key_id || ' ' || version || ' ' || reason || ' '"
                            + " || (extract(epoch FROM ended_at) * 1000)::bigint"
                            + " || CASE WHEN reinstated_at IS NULL THEN '' ELSE ' reinstated' END FROM blacklist")) {
                while (rows.next()) {
                    endings.add(rows.getString(1));
                }
            }
            return endings;
        }
    }
}
