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
 * A model of Postgres for keys and endings: committed rows, row locks, and the sequence of changes, with read committed
 * isolation. {@code ModelPostgresIT} compares it with a real server.
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

    /** Restored files are hours old. Decision 34 says what is not noticed with more recent ones. */
    private static final long MORE_THAN_IS_WRITTEN_AGAIN = 1_000_000;

    private final Supplier<Instant> clock;
    private final List<Transaction> open = new ArrayList<>();
    private final Map<UUID, List<KeyVersion>> history = new LinkedHashMap<>();
    private final Map<UUID, List<KeyVersion>> lost = new HashMap<>();
    private Map<UUID, Row> keys = new TreeMap<>();
    private Map<Ending, Row> endings = new TreeMap<>();
    private Map<UUID, Presence> nodes = new TreeMap<>();
    private final Map<UUID, Instant> milestones = new LinkedHashMap<>();
    private ModelUsage usage = new ModelUsage();
    private long lastChange;
    private long wal;
    private int milestonesMade;
    private Instant noticedLoss = Instant.EPOCH;
    private int timeline = 1;
    private long database = 1;

    public ModelPostgres(Supplier<Instant> clock) {
        this.clock = clock;
    }

    /** The value of {@code clock_timestamp()}. */
    Instant now() {
        return clock.get().truncatedTo(ChronoUnit.MICROS);
    }

    /** The clock, rounded like a column of type {@code timestamptz(3)}. */
    Instant rounded() {
        return now().plusNanos(500_000).truncatedTo(ChronoUnit.MILLIS);
    }

    /** Stores a new milestone, unless the latest is younger than that. */
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

    /** Whether the mark follows this Postgres and its current history. */
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

    /** The columns that identify this Postgres and its position. */
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

    /** When a node started, and when it last reported that it is running. */
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
        transaction.commitTo(usage);
        transaction
                .changedKeys()
                .forEach((id, row) -> history.computeIfAbsent(id, _ -> new ArrayList<>())
                        .add(KeyVersion.of(row, clock.get(), transaction.decidedAt(id))));
    }

    void rollback(Transaction transaction) {
        open.remove(transaction);
    }

    /** How Postgres loses its latest commits. */
    public enum Loss {
        /** A lagging standby was promoted, which moves its sequences ahead. */
        PROMOTED,
        /** A dump was restored into a new database. */
        RESTORED,
        /** Its files were restored. */
        PUT_BACK
    }

    /** A copy of all data, to restore later. */
    public record Backup(
            Map<UUID, Row> keys,
            Map<Ending, Row> endings,
            Map<UUID, Presence> nodes,
            Map<UUID, Instant> milestones,
            ModelUsage usage,
            long lastChange,
            long wal,
            Map<UUID, Integer> versions) {}

    /** The current data of a standby, a dump or a copy of the files. */
    public Backup backup() {
        var versions = new HashMap<UUID, Integer>();
        history.forEach((key, each) -> versions.put(key, each.size()));
        return new Backup(
                keys,
                endings,
                nodes,
                new LinkedHashMap<>(milestones),
                new ModelUsage(usage),
                lastChange,
                wal,
                versions);
    }

    /** Goes back to that copy. There must be no open transaction. */
    public void lose(Backup past, Loss how) {
        keys = past.keys;
        endings = past.endings;
        nodes = past.nodes;
        usage = new ModelUsage(past.usage);
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

    /** The committed versions of a key that were lost. */
    public List<KeyVersion> lost(UUID key) {
        return lost.getOrDefault(key, List.of());
    }

    /** All committed versions of a key, in order. A recorded expiry is an additional entry with the same version. */
    public List<KeyVersion> versions(UUID key) {
        return history.getOrDefault(key, List.of());
    }

    /** When the key was last used, as far as is recorded; null if never. */
    public Instant lastUsed(UUID key) {
        return usage.lastUsed(key);
    }

    /** Since when uses are known; null if they never were. */
    public Instant usageKnownSince() {
        return usage.knownSince();
    }

    /** The ids of all keys. */
    public List<UUID> ids() {
        return List.copyOf(keys.keySet());
    }

    /** The recorded endings. */
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

    /** An entry of the blacklist. */
    public record RecordedEnding(
            UUID key, int version, String reason, Instant endedAt, Instant recordedAt, Instant reinstatedAt) {}
}
