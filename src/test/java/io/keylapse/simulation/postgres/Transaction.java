package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Ending;
import io.keylapse.simulation.postgres.ModelPostgres.Presence;
import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/** One transaction: its snapshot, its changes and its locks. */
final class Transaction {
    /** No position. */
    static final long NONE = -1;

    private final ModelPostgres server;
    private final Instant startedAt;
    private final Map<UUID, Instant> locked = new HashMap<>();
    private final Map<UUID, Row> changedKeys = new TreeMap<>();
    private final Map<Ending, Row> changedEndings = new TreeMap<>();
    private final Map<UUID, Presence> changedNodes = new TreeMap<>();
    private final List<Consumer<ModelUsage>> changedUsage = new ArrayList<>();
    private long namedPosition = NONE;
    private boolean leads;
    private boolean ended;

    Transaction(ModelPostgres server, Instant startedAt) {
        this.server = server;
        this.startedAt = startedAt;
    }

    /** The value of {@code now()}. */
    Instant startedAt() {
        return startedAt;
    }

    Map<UUID, Row> changedKeys() {
        return changedKeys;
    }

    Map<Ending, Row> changedEndings() {
        return changedEndings;
    }

    Map<UUID, Presence> changedNodes() {
        return changedNodes;
    }

    /** Changes the tables of uses when this commits. They are written by statements that read nothing else. */
    List<Row> change(Consumer<ModelUsage> change) {
        changedUsage.add(change);
        return List.of();
    }

    void commitTo(ModelUsage usage) {
        changedUsage.forEach(each -> each.accept(usage));
    }

    /** Records that a node is running. */
    void greet(UUID node) {
        Instant now = server.rounded();
        Presence before = over(server.nodes(), changedNodes).get(node);
        changedNodes.put(node, new Presence(before == null ? now : before.since(), now));
    }

    /** The nodes that recently reported that they are running. */
    List<Row> present(String goneAfter) {
        Instant since = server.now().minus(Duration.parse(goneAfter));
        return over(server.nodes(), changedNodes).entrySet().stream()
                .filter(each -> each.getValue().seenAt().isAfter(since))
                .sorted(Comparator.comparing((Map.Entry<UUID, Presence> each) ->
                                each.getValue().since())
                        .thenComparing(each -> each.getKey().toString()))
                .map(each -> new Row().with("1", each.getKey()))
                .toList();
    }

    Map<UUID, Row> keys() {
        return over(server.keys(), changedKeys);
    }

    Map<Ending, Row> endings() {
        return over(server.endings(), changedEndings);
    }

    private static <K, V> Map<K, V> over(Map<K, V> committed, Map<K, V> own) {
        if (own.isEmpty()) {
            return committed;
        }
        var seen = new TreeMap<>(committed);
        seen.putAll(own);
        return seen;
    }

    /** Whether another transaction holds that row. */
    boolean isLockedByAnother(UUID key) {
        return server.open().anyMatch(each -> each != this && each.locked.containsKey(key));
    }

    void lock(UUID key, Instant readAt) {
        locked.put(key, readAt);
    }

    Instant decidedAt(UUID key) {
        return locked.getOrDefault(key, startedAt);
    }

    /** The effect of the trigger {@code order_of_change}. */
    void namePosition() {
        if (namedPosition == NONE) {
            namedPosition = server.lastChange();
        }
    }

    long namedPosition() {
        return namedPosition;
    }

    boolean tryLead() {
        leads = leads || server.open().noneMatch(each -> each.leads);
        return leads;
    }

    boolean leads() {
        return leads;
    }

    boolean isEnded() {
        return ended;
    }

    void commit() {
        ended = true;
        server.commit(this);
    }

    void rollback() {
        ended = true;
        server.rollback(this);
    }
}
