package io.keylapse.sync.owner;

import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.active.trust.MarkStore.Reading;
import io.keylapse.active.trust.RedisTrust;
import io.keylapse.active.trust.TrustState;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.History;
import io.keylapse.history.HistoryPosition;
import io.keylapse.registry.MilestoneTable;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ownership of each Redis primary: which Postgres it follows. A primary that follows another Postgres is not used. */
@Singleton
public final class Ownership {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

    private final RedisTrust trust;
    private final RedisConnection redis;
    private final CurrentHistory history;
    private final MilestoneTable milestones;
    private final Map<String, Complaint> foreign = new ConcurrentHashMap<>();

    /**
     * Why a primary is not used, and what to do.
     *
     * @param mayPass whether the problem may solve itself within {@link TrustState#RENEWED}
     */
    private record Complaint(String text, boolean mayPass) {}

    Ownership(RedisTrust trust, RedisConnection redis, CurrentHistory history, MilestoneTable milestones) {
        this.trust = trust;
        this.redis = redis;
        this.history = history;
        this.milestones = milestones;
    }

    /** Detects marks of a promoted standby of our Postgres. Call this before reading Postgres. */
    public void observe(List<Reading> readings, long asked) {
        HistoryPosition ours = history.latest().orElse(null);
        for (Reading each : readings) {
            History theirs = each.mark().map(mark -> mark.moment().history()).orElse(null);
            if (ours != null && theirs != null && theirs.supersedes(ours.history())) {
                history.observeSuperseder(theirs);
                settle(each, TrustState.AHEAD, ours, asked);
            }
        }
    }

    /**
     * Judges a primary by its mark, and stores the judgement in {@link RedisTrust}.
     *
     * @param now position of Postgres in its history, read after the mark
     * @param asked when the mark was requested, by {@link System#nanoTime}, or later
     */
    public TrustState judge(Reading reading, HistoryPosition now, long asked) {
        TrustState state = TrustState.of(
                reading, now, milestone -> milestone.equals(now.milestone()) || milestones.knows(milestone));
        settle(reading, state, now, asked);
        return state;
    }

    private void settle(Reading reading, TrustState state, HistoryPosition now, long asked) {
        trust.settle(reading, state, asked);
        String id = reading.primary().id();
        if (state == TrustState.FOREIGN || state == TrustState.AHEAD) {
            Complaint complaint = complaint(reading, now);
            if (!complaint.equals(foreign.put(id, complaint))) {
                LOG.warn("Redis {} {}; it is not used until then", id, complaint.text);
            }
        } else if (foreign.remove(id) != null) {
            LOG.info("Redis {} is used again", id);
        }
    }

    private static Complaint complaint(Reading reading, HistoryPosition now) {
        History theirs = reading.mark().map(mark -> mark.moment().history()).orElse(now.history());
        History ours = now.history();
        if (!theirs.installation().equals(ours.installation())) {
            return new Complaint(
                    "belongs to another installation of Keylapse (" + theirs.installation() + "; this one is "
                            + ours.installation() + "): give this one its own KEYLAPSE_REDIS_URI or"
                            + " KEYLAPSE_REDIS_KEY_PREFIX, or stop the nodes of the other one and run \"keylapse"
                            + " take-over\"",
                    false);
        }
        if (theirs.supersedes(ours)) {
            return new Complaint(
                    "follows timeline " + theirs.timeline()
                            + " of Postgres, but KEYLAPSE_POSTGRES_URL leads to timeline "
                            + ours.timeline() + ": set it to the primary; if timeline " + theirs.timeline()
                            + " is lost for good, stop all nodes and run \"keylapse take-over\"",
                    false);
        }
        return new Complaint(
                "was renewed less than " + TrustState.RENEWED.toSeconds()
                        + " s ago by a node that uses another copy of"
                        + " this Postgres, as is normal after a restore: if this lasts, stop the nodes that still use"
                        + " the other copy",
                true);
    }

    /** Whether all problems may solve themselves within {@link TrustState#RENEWED}. */
    public boolean mayPass() {
        return foreign.values().stream().allMatch(Complaint::mayPass);
    }

    /** For each primary that follows another Postgres: why it is not used, and what to do. */
    public List<String> complaints() {
        List<String> present = redis.primaries().stream().map(Primary::id).toList();
        return foreign.entrySet().stream()
                .filter(each -> present.contains(each.getKey()))
                .map(each -> "Redis " + each.getKey() + " " + each.getValue().text + "; it is not used until then")
                .sorted()
                .toList();
    }
}
