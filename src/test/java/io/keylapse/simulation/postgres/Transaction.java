package io.keylapse.simulation.postgres;

import io.keylapse.simulation.postgres.ModelPostgres.Ending;
import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** What one transaction sees, has changed and holds. */
final class Transaction {
    /** Names no position. */
    static final long NONE = -1;

    private final ModelPostgres server;
    private final Instant startedAt;
    private final Map<UUID, Instant> locked = new HashMap<>();
    private final Map<UUID, Row> changedKeys = new TreeMap<>();
    private final Map<Ending, Row> changedEndings = new TreeMap<>();
    private final Map<UUID, Instant> changedNodes = new TreeMap<>();
    private long namedPosition = NONE;
    private boolean leads;
    private boolean ended;

    Transaction(ModelPostgres server, Instant startedAt) {
        this.server = server;
        this.startedAt = startedAt;
    }

    /** What {@code now()} says. */
    Instant startedAt() {
        return startedAt;
    }

    Map<UUID, Row> changedKeys() {
        return changedKeys;
    }

    Map<Ending, Row> changedEndings() {
        return changedEndings;
    }

    Map<UUID, Instant> changedNodes() {
        return changedNodes;
    }

    Map<UUID, Instant> nodes() {
        return over(server.nodes(), changedNodes);
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

    /** What the trigger {@code order_of_change} does. */
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
