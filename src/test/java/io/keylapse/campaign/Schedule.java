package io.keylapse.campaign;

import io.keylapse.attack.kind.Attackers;
import io.keylapse.attack.wire.Attacker;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Kind;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.campaign.stage.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * The planned faults and attacks, drawn from a seed in rounds. Each round has every kind of fault and of attacker.
 *
 * @param length of the campaign
 */
record Schedule(List<Planned> faults, List<PlannedAttack> attacks, Duration length) {
    private static final long QUIET_START_MILLIS = 3_000;
    private static final long QUIET_END_MILLIS = 4_000;
    private static final long MIN_SLOT_MILLIS = 3_000;
    private static final long MAX_SLOT_MILLIS = 8_000;

    /**
     * A planned fault.
     *
     * @param at since the start
     * @param store null if it concerns a service
     * @param node {@link Fault#ALL} if it concerns the store itself
     */
    record Planned(Duration at, Kind kind, Store store, int node, Duration lasting) {}

    /**
     * A planned attack.
     *
     * @param at since the start
     * @param kind the name of the attacker
     */
    record PlannedAttack(Duration at, String kind, int node, Duration lasting) {}

    /** Draws the schedule of a seed. */
    static Schedule draw(long seed, Duration length) {
        var random = new Random(seed);
        List<Kind> kinds = new ArrayList<>(Arrays.asList(Kind.values()));
        kinds.remove(Kind.WIRE_DELIVERS_LATE);
        long end = length.toMillis() - QUIET_END_MILLIS;
        long slot = Math.clamp((end - QUIET_START_MILLIS) / kinds.size(), MIN_SLOT_MILLIS, MAX_SLOT_MILLIS);
        var faults = new ArrayList<Planned>();
        long at = QUIET_START_MILLIS;
        while (at < end) {
            Collections.shuffle(kinds, random);
            for (Kind kind : kinds) {
                long lasting = slot / 6 + random.nextLong(slot / 2);
                if (at < end) {
                    faults.add(planned(kind, at + random.nextLong(slot / 8), lasting, random));
                }
                // After the first round, some faults overlap.
                boolean together = faults.size() > kinds.size() && random.nextInt(4) == 0;
                at += together ? slot / 8 : slot;
            }
        }
        // Last, because a later fault that empties Redis would hide the effect.
        faults.add(planned(Kind.WIRE_DELIVERS_LATE, end, 0, random));
        return new Schedule(List.copyOf(faults), attacks(seed, length), length);
    }

    /**
     * Draws the attacks, one after the other. They have their own random numbers, so that the faults of a seed are the
     * same without attacks.
     */
    private static List<PlannedAttack> attacks(long seed, Duration length) {
        var random = new Random(seed * 41);
        List<String> kinds =
                new ArrayList<>(Attackers.modest().stream().map(Attacker::name).toList());
        long end = length.toMillis() - QUIET_END_MILLIS;
        long slot = Math.clamp((end - QUIET_START_MILLIS) / kinds.size(), MIN_SLOT_MILLIS, MAX_SLOT_MILLIS);
        var attacks = new ArrayList<PlannedAttack>();
        for (long at = QUIET_START_MILLIS; at + slot <= end; at += slot) {
            if (attacks.size() % kinds.size() == 0) {
                Collections.shuffle(kinds, random);
            }
            attacks.add(new PlannedAttack(
                    Duration.ofMillis(at + random.nextLong(slot / 4)),
                    kinds.get(attacks.size() % kinds.size()),
                    random.nextInt(Stage.NODES),
                    Duration.ofMillis(slot / 4 + random.nextLong(slot / 2))));
        }
        return List.copyOf(attacks);
    }

    private static Planned planned(Kind kind, long at, long lasting, Random random) {
        Store store = storeOf(kind, random);
        boolean ofOneNode = store == null || kind.name().startsWith("WIRE");
        int node = ofOneNode ? random.nextInt(Stage.NODES) : Fault.ALL;
        return new Planned(Duration.ofMillis(at), kind, store, node, Duration.ofMillis(lasting));
    }

    private static Store storeOf(Kind kind, Random random) {
        return switch (kind) {
            case SERVICE_KILLED, SERVICE_PAUSED, NODE_VANISHED, MANAGEMENT_HOGGED -> null;
            case REDIS_KILLED,
                    REDIS_PAUSED,
                    REDIS_CLIENTS_KILLED,
                    REDIS_FLUSHED,
                    REDIS_FAILED_OVER,
                    WIRE_DELIVERS_LATE,
                    NOTIFICATIONS_OFF,
                    EXPIRY_BURST -> Store.REDIS;
            case POSTGRES_KILLED, POSTGRES_PAUSED, POSTGRES_HISTORY_LOST, BACKENDS_TERMINATED -> Store.POSTGRES;
            case WIRE_CUT, WIRE_SWALLOWS, WIRE_DELAYS -> random.nextBoolean() ? Store.REDIS : Store.POSTGRES;
        };
    }
}
