package io.keylapse.simulation.postgres;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A Postgres as far as keys and their endings go: what is committed, who holds which lock, and the sequence of changes.
 * Read committed. {@code ModelPostgresIT} holds it against the real one.
 */
public final class ModelPostgres {
    /** One row of a table: a value for each column. */
    static final class Row extends HashMap<String, Object> {
        private static final long serialVersionUID = 1;

        Row() {}

        Row(Map<String, Object> values) {
            super(values);
        }

        Instant instant(String column) {
            return (Instant) get(column);
        }

        Row with(String column, Object value) {
            var row = new Row(this);
            row.put(column, value);
            return row;
        }
    }

    /** One ending in the blacklist. */
    record Ending(UUID key, int version) implements Comparable<Ending> {
        @Override
        public int compareTo(Ending other) {
            return key.equals(other.key) ? Integer.compare(version, other.version) : key.compareTo(other.key);
        }
    }

    private static final UUID INSTALLATION = new UUID(0, 7);
    private static final int SEQUENCE_IS_LOGGED_AHEAD = 32;

    /** Files that are put back are hours old; decision 34 says what is not noticed of younger ones. */
    private static final long MORE_THAN_IS_WRITTEN_AGAIN = 1_000_000;

    private final Supplier<Instant> clock;
    private final List<Transaction> open = new ArrayList<>();
    private final Map<UUID, List<KeyVersion>> history = new LinkedHashMap<>();
    private final Map<UUID, List<KeyVersion>> lost = new HashMap<>();
    private Map<UUID, Row> keys = new TreeMap<>();
    private Map<Ending, Row> endings = new TreeMap<>();
    private Map<UUID, Presence> nodes = new TreeMap<>();
    private final Map<UUID, Instant> milestones = new LinkedHashMap<>();
    private long lastChange;
    private long wal;
    private int milestonesMade;
    private Instant noticedLoss = Instant.EPOCH;
    private int timeline = 1;
    private long database = 1;

    public ModelPostgres(Supplier<Instant> clock) {
        this.clock = clock;
    }

    /** The clock as {@code clock_timestamp()} tells it. */
    Instant now() {
        return clock.get().truncatedTo(ChronoUnit.MICROS);
    }

    /** The clock as a column of type {@code timestamptz(3)} keeps it, which is rounded. */
    Instant rounded() {
        return now().plusNanos(500_000).truncatedTo(ChronoUnit.MILLIS);
    }

    /** Gives it an id to remember, unless the latest is younger than that. */
    void addMilestone(Duration every) {
        if (milestones.values().stream().noneMatch(made -> made.isAfter(now().minus(every)))) {
            milestonesMade++;
            milestones.put(new UUID(1, milestonesMade), now());
        }
    }

    void forgetMilestonesUntil(Instant at) {
        noticedLoss = now();
        milestones.values().removeIf(made -> !made.isAfter(at));
        addMilestone(Duration.ofDays(10_000));
    }

    boolean knowsMilestone(UUID id) {
        return milestones.containsKey(id);
    }

    /** Whether that mark was written by somebody who went by what this Postgres has now. */
    public boolean isFollowedBy(String mark) {
        Row now = moment();
        String identity = String.join(
                " ",
                INSTALLATION.toString(),
                now.get("system").toString(),
                now.get("timeline").toString(),
                now.get("database").toString());
        String[] words = mark.split(" ", -1);
        return mark.contains(identity)
                && Long.parseLong(words[words.length - 4]) <= (Long) now.get("wal")
                && knowsMilestone(UUID.fromString(words[words.length - 3]));
    }

    /** What the columns say that tell which Postgres it is. */
    Row moment() {
        addMilestone(Duration.ofDays(10_000));
        return new Row()
                .with("standby", false)
                .with("installation", INSTALLATION)
                .with("system", 1L)
                .with("timeline", timeline)
                .with("database", database)
                .with("schema", 1L)
                .with("table", 1L)
                .with("wal", wal)
                .with("given", lastChange)
                .with("since_loss", Duration.between(noticedLoss, now()).toMillis())
                .with("milestone", List.copyOf(milestones.keySet()).getLast());
    }

    Transaction begin() {
        var transaction = new Transaction(this, now());
        open.add(transaction);
        return transaction;
    }

    long lastChange() {
        return lastChange;
    }

    long nextChange() {
        wal++;
        return ++lastChange;
    }

    /** The transactions that are neither committed nor rolled back. */
    Stream<Transaction> open() {
        return open.stream();
    }

    Map<UUID, Row> keys() {
        return keys;
    }

    Map<Ending, Row> endings() {
        return endings;
    }

    /** Since when a node has been running, and when it was last heard of. */
    record Presence(Instant since, Instant seenAt) {}

    Map<UUID, Presence> nodes() {
        return nodes;
    }

    void commit(Transaction transaction) {
        wal++;
        open.remove(transaction);
        keys = new TreeMap<>(keys);
        keys.putAll(transaction.changedKeys());
        endings = new TreeMap<>(endings);
        endings.putAll(transaction.changedEndings());
        nodes = new TreeMap<>(nodes);
        nodes.putAll(transaction.changedNodes());
        transaction
                .changedKeys()
                .forEach((id, row) -> history.computeIfAbsent(id, _ -> new ArrayList<>())
                        .add(KeyVersion.of(row, clock.get(), transaction.decidedAt(id))));
    }

    void rollback(Transaction transaction) {
        open.remove(transaction);
    }

    /** How a Postgres comes to lack the latest of its past. */
    public enum Loss {
        /** A standby that lagged was promoted, which jumps its sequences ahead. */
        PROMOTED,
        /** A dump was restored into a database of its own. */
        RESTORED,
        /** Its files were put back. */
        PUT_BACK
    }

    /** All that it has at a moment, to go back to. */
    public record Backup(
            Map<UUID, Row> keys,
            Map<Ending, Row> endings,
            Map<UUID, Presence> nodes,
            Map<UUID, Instant> milestones,
            long lastChange,
            long wal,
            Map<UUID, Integer> versions) {}

    /** What a standby, a dump or a copy of the files has now. */
    public Backup backup() {
        var versions = new HashMap<UUID, Integer>();
        history.forEach((key, each) -> versions.put(key, each.size()));
        return new Backup(keys, endings, nodes, new LinkedHashMap<>(milestones), lastChange, wal, versions);
    }

    /** Goes back to what it was then. No transaction is open. */
    public void lose(Backup past, Loss how) {
        keys = past.keys;
        endings = past.endings;
        nodes = past.nodes;
        milestones.clear();
        milestones.putAll(past.milestones);
        noticedLoss = Instant.EPOCH;
        lastChange = how == Loss.PROMOTED ? past.lastChange + SEQUENCE_IS_LOGGED_AHEAD : past.lastChange;
        wal = switch (how) {
            case PROMOTED -> past.wal;
            case RESTORED -> wal;
            case PUT_BACK -> past.wal - MORE_THAN_IS_WRITTEN_AGAIN;
        };
        timeline += how == Loss.PROMOTED ? 1 : 0;
        database += how == Loss.RESTORED ? 1 : 0;
        history.forEach((key, each) -> {
            List<KeyVersion> gone = each.subList(past.versions.getOrDefault(key, 0), each.size());
            lost.computeIfAbsent(key, _ -> new ArrayList<>()).addAll(gone);
            gone.clear();
        });
    }

    /** The versions of a key that were committed once and are lost. */
    public List<KeyVersion> lost(UUID key) {
        return lost.getOrDefault(key, List.of());
    }

    /** Every version of a key that was ever committed, in order; a recorded expiry comes as one more of that version. */
    public List<KeyVersion> versions(UUID key) {
        return history.getOrDefault(key, List.of());
    }

    /** The keys there are. */
    public List<UUID> ids() {
        return List.copyOf(keys.keySet());
    }

    /** The endings that were recorded. */
    public List<RecordedEnding> recorded() {
        return endings.entrySet().stream()
                .map(each -> new RecordedEnding(
                        each.getKey().key(),
                        each.getKey().version(),
                        (String) each.getValue().get("reason"),
                        each.getValue().instant("ended_at"),
                        each.getValue().instant("recorded_at"),
                        each.getValue().instant("reinstated_at")))
                .toList();
    }

    /** An ending as it is in the blacklist. */
    public record RecordedEnding(
            UUID key, int version, String reason, Instant endedAt, Instant recordedAt, Instant reinstatedAt) {}
}
