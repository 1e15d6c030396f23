package io.keylapse.blacklist;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.registry.sql.page.Cursor;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Reading in the order of recording misses nothing, and is held back only by writers of the blacklist. */
class BlacklistOrderIT {
    private static final Instant ENDED_AT = Instant.parse("2006-01-01T00:00:00Z");

    private static final Node node = Node.shared();

    private final String owner = "order-" + UUID.randomUUID();

    private Reader collector() {
        return new Reader(node.admin(), "owner", owner, "order", "recorded", "limit", "2");
    }

    private Entry entry(String name) {
        return Entry.expired(owner, name, ENDED_AT);
    }

    private void commit(String... names) throws SQLException {
        Entry.insert(Stores.shared(), List.of(names).stream().map(this::entry).toList());
    }

    private Connection open(String... names) throws SQLException {
        Connection connection = Stores.shared().connect();
        connection.setAutoCommit(false);
        Entry.insert(connection, List.of(names).stream().map(this::entry).toList());
        return connection;
    }

    @Test
    void an_entry_that_is_committed_late_is_not_skipped() throws Exception {
        commit("before");
        Reader collector = collector();
        var seen = new ArrayList<String>();
        try (Connection slow = open("slow1", "slow2")) {
            commit("after1", "after2", "after3");
            seen.addAll(collector.restOfNames());
            assertThat(seen).first().isEqualTo("before");
            commit("after4");
            seen.addAll(collector.restOfNames());
            assertThat(seen).doesNotContain("slow1", "slow2");

            slow.commit();
        }
        seen.addAll(collector.restOfNames());

        assertThat(seen).containsExactly("before", "slow1", "slow2", "after1", "after2", "after3", "after4");
    }

    @Test
    void a_second_entry_of_a_transaction_that_stayed_open_is_not_skipped() throws Exception {
        Reader collector = collector();
        var seen = new ArrayList<String>();
        try (Connection slow = open("slow1")) {
            commit("between1");
            seen.addAll(collector.restOfNames());
            Entry.insert(slow, List.of(entry("slow2")));
            commit("between2");
            seen.addAll(collector.restOfNames());
            slow.commit();
        }
        seen.addAll(collector.restOfNames());

        assertThat(seen).containsExactly("slow1", "between1", "slow2", "between2");
    }

    @Test
    void what_is_written_after_a_rollback_to_a_savepoint_is_not_skipped() throws Exception {
        Reader collector = collector();
        var seen = new ArrayList<String>();
        try (Connection slow = Stores.shared().connect()) {
            slow.setAutoCommit(false);
            Savepoint savepoint = slow.setSavepoint();
            Entry.insert(slow, List.of(entry("undone")));
            slow.rollback(savepoint);
            commit("between");
            seen.addAll(collector.restOfNames());
            Entry.insert(slow, List.of(entry("slow")));
            commit("after");
            seen.addAll(collector.restOfNames());
            slow.commit();
        }
        seen.addAll(collector.restOfNames());

        assertThat(seen).containsExactly("between", "slow", "after");
    }

    @Test
    void a_transaction_that_rolls_back_holds_nothing_back() throws Exception {
        Reader collector = collector();
        var seen = new ArrayList<String>();
        try (Connection undecided = open("undone")) {
            commit("after");
            seen.addAll(collector.restOfNames());
            undecided.rollback();
            seen.addAll(collector.restOfNames());
            assertThat(seen).containsExactly("after");
            // A new transaction that has not touched the blacklist.
            try (Statement statement = undecided.createStatement()) {
                statement.execute("SELECT pg_current_xact_id()");
            }
            commit("later");
            seen.addAll(collector.restOfNames());
        }

        assertThat(seen).containsExactly("after", "later");
    }

    @Test
    void a_writer_that_dies_holds_nothing_back() throws Exception {
        Reader collector = collector();
        Connection dying = open("undone");
        int pid;
        try (Statement statement = dying.createStatement();
                var row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            pid = row.getInt(1);
        }
        commit("after");
        try (Connection other = Stores.shared().connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_terminate_backend(" + pid + ")");
        }

        await().atMost(10, SECONDS)
                .untilAsserted(() -> assertThat(collector().restOfNames()).containsExactly("after"));
        assertThat(collector.restOfNames()).containsExactly("after");
    }

    @Test
    void a_transaction_that_writes_something_else_holds_nothing_back() throws Exception {
        try (Connection unrelated = Stores.shared().connect();
                Statement statement = unrelated.createStatement()) {
            unrelated.setAutoCommit(false);
            statement.execute(
                    "CREATE TABLE unrelated_" + UUID.randomUUID().toString().replace('-', '_') + "()");
            // Advisory locks of another program, in both forms.
            statement.execute("SELECT pg_advisory_xact_lock(1), pg_advisory_xact_lock(19276 << 16, 1)");
            commit("one", "two", "three");

            assertThat(collector().restOfNames()).containsExactly("one", "two", "three");
            unrelated.rollback();
        }
    }

    @Test
    void a_transaction_in_another_database_of_the_server_holds_nothing_back() throws Exception {
        String database = "other_" + UUID.randomUUID().toString().replace('-', '_');
        Stores stores = Stores.shared();
        try (Connection here = stores.connect();
                Statement statement = here.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
            String url = stores.postgresUrl().replaceFirst("/[^/?]+(\\?|$)", "/" + database + "$1");
            try (Connection there = DriverManager.getConnection(url, stores.postgresUser(), stores.postgresPassword());
                    Statement writing = there.createStatement()) {
                there.setAutoCommit(false);
                writing.execute("CREATE TABLE unrelated AS SELECT pg_current_xact_id()::text");
                // The lock that a writer of another Keylapse on this server holds.
                writing.execute("SELECT pg_advisory_xact_lock_shared(19276::bigint << 48)");
                commit("one", "two", "three");

                assertThat(collector().restOfNames()).containsExactly("one", "two", "three");
                there.rollback();
            }
            statement.execute("DROP DATABASE " + database);
        }
    }

    @Test
    void the_last_page_keeps_a_next_even_when_it_is_empty() throws Exception {
        Reader collector = collector();
        assertThat(collector.page()).isEmpty();
        assertThat(collector.hasNext()).isTrue();
        assertThat(collector.page()).isEmpty();
        assertThat(collector.hasNext()).isTrue();

        commit("one", "two", "three");
        assertThat(Reader.names(collector.page())).containsExactly("one", "two");
        assertThat(Reader.names(collector.page())).containsExactly("three");
        assertThat(collector.hasNext()).isTrue();
        assertThat(collector.page()).isEmpty();

        commit("four");
        assertThat(Reader.names(collector.page())).containsExactly("four");
        assertThat(collector.hasNext()).isTrue();
    }

    @Test
    void the_first_and_the_last_entry_of_a_stretch_of_positions_are_found_by_a_range() throws Exception {
        // At an instant at which no other test has endings.
        Instant endedAt = Instant.parse("2007-01-01T00:00:00Z");
        try (Connection connection = Stores.shared().connect()) {
            Entry.skipPositionsTo(connection, 0);
            Entry.insert(connection, List.of(Entry.expired(owner, "first", endedAt)));
            Entry.skipPositionsTo(connection, Entry.STRETCH - 1);
            Entry.insert(connection, List.of(Entry.expired(owner, "last", endedAt)));
            Entry.insert(connection, List.of(Entry.expired(owner, "of the next", endedAt.plusSeconds(1))));
            Entry.skipPositionsTo(connection, Entry.STRETCH - 1);
            Entry.insert(connection, List.of(Entry.expired(owner, "last but one stretch", endedAt)));
        }

        var found = new Reader(
                node.admin(),
                "owner",
                owner,
                "order",
                "recorded",
                "from",
                endedAt.toString(),
                "to",
                endedAt.plusMillis(1).toString());

        assertThat(found.restOfNames()).containsExactly("first", "last", "last but one stretch");
    }

    @Test
    void a_cursor_that_was_never_given_out_costs_no_more_than_the_first_page() throws Exception {
        commit("one");
        for (long position : new long[] {Long.MIN_VALUE, -1, Long.MAX_VALUE}) {
            String cursor = Cursor.of("r", position).toString();
            var page = new Reader(
                    node.admin(), "owner", owner, "order", "recorded", "from", ENDED_AT.toString(), "cursor", cursor);

            assertThat(Reader.names(page.page())).containsExactlyElementsOf(position < 0 ? List.of("one") : List.of());
        }
    }

    @Test
    void a_collector_sees_every_entry_of_concurrent_writers_exactly_once() throws Exception {
        long seed = System.nanoTime();
        System.out.println("BlacklistOrderIT seed " + seed);
        Queue<String> committed = new ConcurrentLinkedQueue<>();
        var all = new Reader(node.admin(), "owner", owner, "order", "recorded", "limit", "20");
        var inRange = new Reader(
                node.admin(),
                "owner",
                owner,
                "order",
                "recorded",
                "limit",
                "20",
                "from",
                ENDED_AT.toString(),
                "to",
                ENDED_AT.plusMillis(1).toString());
        var seen = new ArrayList<String>();
        var seenInRange = new ArrayList<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> writers = IntStream.range(0, 6)
                    .mapToObj(writer -> threads.submit(writing(writer, new Random(seed + writer), committed)))
                    .toList();
            boolean done;
            do {
                done = writers.stream().allMatch(Future::isDone);
                seen.addAll(all.restOfNames());
                seenInRange.addAll(inRange.restOfNames());
            } while (!done);
            for (Future<Void> writer : writers) {
                writer.get();
            }
        }

        assertThat(seen).as("seed " + seed).doesNotHaveDuplicates();
        assertThat(seen).as("seed " + seed).containsExactlyInAnyOrderElementsOf(committed);
        assertThat(seenInRange)
                .as("seed " + seed)
                .containsExactlyElementsOf(
                        seen.stream().filter(name -> name.endsWith("in")).toList());
        assertThat(committed).hasSizeGreaterThan(500);
    }

    /** Transactions of one to four statements: some are slow, some are rolled back, some skip many positions. */
    private Callable<Void> writing(int writer, Random random, Queue<String> committed) {
        return () -> {
            try (Connection connection = Stores.shared().connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                for (int transaction = 0; transaction < 60; transaction++) {
                    var names = new ArrayList<String>();
                    int statements = 1 + random.nextInt(4);
                    for (int i = 0; i < statements; i++) {
                        int off = random.nextInt(-1, 2);
                        String name = "w%d-t%d-s%d-%s".formatted(writer, transaction, i, off == 0 ? "in" : "out");
                        Entry.insert(connection, List.of(Entry.expired(owner, name, ENDED_AT.plusMillis(off))));
                        names.add(name);
                        statement.execute("SELECT pg_sleep(" + random.nextInt(6) / 1000.0 + ")");
                        if (random.nextInt(20) == 0) {
                            Entry.skipPositions(connection, random.nextInt(20_000));
                        }
                    }
                    if (random.nextInt(5) == 0) {
                        connection.rollback();
                    } else {
                        connection.commit();
                        committed.addAll(names);
                    }
                }
            }
            return null;
        };
    }
}
