package io.keylapse.benchmark;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Measures what recording expiries costs Postgres with one node and with several, while keys expire at a steady rate
 * for twenty seconds. Counts the processor time and the transactions of Postgres from the first deadline until all
 * expiries are recorded, and for comparison over as long a time in which nothing expires. Arguments: number of nodes,
 * expiries per second, rounds.
 */
public final class SeveralNodesCost {
    private static final int SECONDS = 20;
    private static final int LEAD_SECONDS = 20;

    private SeveralNodesCost() {}

    private record Cost(double processorSeconds, double transactions) {
        Cost minus(Cost earlier) {
            return new Cost(processorSeconds - earlier.processorSeconds, transactions - earlier.transactions);
        }
    }

    /** A round with that number of nodes: the cost while idle, and while keys expire. */
    private record Round(int nodes, Cost idle, Cost recording, int expiries) {
        double microsPerExpiry() {
            return recording.processorSeconds * 1e6 / expiries;
        }
    }

    public static void main(String[] arguments) throws SQLException, InterruptedException {
        int most = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 3;
        int rate = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1_000;
        int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3;
        var single = new ArrayList<Round>();
        var several = new ArrayList<Round>();
        for (int i = 0; i < rounds; i++) {
            single.add(run(1, rate));
            several.add(run(most, rate));
        }
        tell("median, 1 node", single);
        tell("median, " + most + " nodes", several);
        System.out.printf(
                "ratio of processor time while recording: %.2f%n",
                median(several, Round::microsPerExpiry) / median(single, Round::microsPerExpiry));
    }

    private static void tell(String what, List<Round> rounds) {
        System.out.printf(
                "%s: %.0f us of Postgres's processor time per expiry (%.0f%% of one core), %.2f transactions per expiry;"
                        + " with nothing to do %.1f%% of one core, %.0f transactions/s%n",
                what,
                median(rounds, Round::microsPerExpiry),
                median(rounds, round -> round.recording.processorSeconds / SECONDS * 100),
                median(rounds, round -> round.recording.transactions / round.expiries),
                median(rounds, round -> round.idle.processorSeconds / SECONDS * 100),
                median(rounds, round -> round.idle.transactions / SECONDS));
    }

    private static Round run(int count, int rate) throws SQLException, InterruptedException {
        try (Stores stores = Stores.own();
                Connection connection = DriverManager.getConnection(
                        stores.postgresUrl(), stores.postgresUser(), stores.postgresPassword());
                Statement sql = connection.createStatement()) {
            var nodes = new ArrayList<Node>();
            try {
                for (int i = 0; i < count; i++) {
                    nodes.add(Node.start(stores, Map.of()));
                }
                Thread.sleep(5_000);
                Cost idle = costOf(sql, () -> Thread.sleep(SECONDS * 1_000));
                int keys = rate * SECONDS;
                sql.execute("INSERT INTO api_key (id, digest, owner, name, hint, scopes, metadata, state, end_reason,"
                        + " version, issued_at, expires_at, lifetime_ms)"
                        + " SELECT uuidv7(), sha256(n::text::bytea), 'owner-' || n % 1000, 'key', 'kl_Ab3d...x9Qz',"
                        + " '{read,write}', '{}', 'active', 'expired', 1, now(),"
                        + " date_trunc('milliseconds', now()) + n * 1000 / " + rate + " * interval '1 ms'"
                        + " + interval '" + LEAD_SECONDS + " s', 60000 FROM generate_series(0, " + (keys - 1) + ") n");
                sql.execute("ANALYZE api_key");
                while (number(sql, "SELECT extract(epoch FROM min(expires_at) - clock_timestamp()) FROM api_key") > 0) {
                    Thread.sleep(50);
                }
                Cost recording = costOf(sql, () -> {
                    // Polled once a second, so that polling costs next to nothing.
                    while (number(sql, "SELECT count(*) FROM blacklist") < keys) {
                        Thread.sleep(1_000);
                    }
                });
                var round = new Round(count, idle, recording, keys);
                tell(count + (count == 1 ? " node" : " nodes"), List.of(round));
                return round;
            } finally {
                nodes.forEach(Node::close);
            }
        }
    }

    @FunctionalInterface
    private interface Work {
        void run() throws SQLException, InterruptedException;
    }

    private static Cost costOf(Statement sql, Work work) throws SQLException, InterruptedException {
        Cost before = cost(sql);
        work.run();
        return cost(sql).minus(before);
    }

    private static Cost cost(Statement sql) throws SQLException {
        sql.execute("SELECT pg_stat_clear_snapshot()");
        double transactions = number(sql, "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database");
        Path backend = Path.of("/proc", Long.toString((long) number(sql, "SELECT pg_backend_pid()")));
        String postmaster = stat(backend)[1];
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            double ticks = all.filter(each -> each.getFileName().toString().matches("\\d+"))
                    .map(SeveralNodesCost::stat)
                    .filter(stat -> stat.length > 14 && stat[1].equals(postmaster))
                    .mapToDouble(stat -> Double.parseDouble(stat[11]) + Double.parseDouble(stat[12]))
                    .sum();
            String[] gone = stat(Path.of("/proc", postmaster));
            ticks += Double.parseDouble(gone[13]) + Double.parseDouble(gone[14]);
            return new Cost(ticks / 100, transactions);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The fields after the program's name: state, parent, and so on; none if the process has exited. */
    private static String[] stat(Path process) {
        try {
            String text = Files.readString(process.resolve("stat"));
            return text.substring(text.lastIndexOf(')') + 2).split(" ");
        } catch (IOException e) {
            return new String[0];
        }
    }

    private static double number(Statement sql, String query) throws SQLException {
        try (ResultSet result = sql.executeQuery(query)) {
            result.next();
            return result.getDouble(1);
        }
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
