package io.keylapse.sync;

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

/** Whose each primary is: ours, nobody's, or that of another Postgres, which we must not disturb. */
@Singleton
public final class Ownership {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

    private final RedisTrust trust;
    private final RedisConnection redis;
    private final CurrentHistory history;
    private final MilestoneTable milestones;
    private final Map<String, Complaint> foreign = new ConcurrentHashMap<>();

    /**
     * Why a primary is left alone, and what to do.
     *
     * @param mayPass whether it may pass by itself within {@link TrustState#RENEWED}
     */
    private record Complaint(String words, boolean mayPass) {}

    Ownership(RedisTrust trust, RedisConnection redis, CurrentHistory history, MilestoneTable milestones) {
        this.trust = trust;
        this.redis = redis;
        this.history = history;
        this.milestones = milestones;
    }

    /** Takes note of what the primaries follow, before Postgres is looked into: one may be ahead of it. */
    void observe(List<Reading> readings, long asked) {
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
     * Judges a primary by its mark, and lets everybody go by that.
     *
     * @param now a moment in Postgres, seen after the mark was read
     * @param asked when the primary was asked, by {@link System#nanoTime}, or later
     */
    TrustState judge(Reading reading, HistoryPosition now, long asked) {
        TrustState standing = TrustState.of(reading, now, milestones::knows);
        settle(reading, standing, now, asked);
        return standing;
    }

    private void settle(Reading reading, TrustState standing, HistoryPosition now, long asked) {
        trust.settle(reading, standing, asked);
        String id = reading.primary().id();
        if (standing == TrustState.FOREIGN || standing == TrustState.AHEAD) {
            Complaint complaint = complaint(reading, now);
            if (!complaint.equals(foreign.put(id, complaint))) {
                LOG.warn("Redis {} {}. It is not written to, and keys are checked in Postgres", id, complaint.words);
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
                            + ours.installation() + "): set KEYLAPSE_REDIS_URI or KEYLAPSE_REDIS_KEY_PREFIX to one of"
                            + " its own, or stop the nodes of the other one and run \"keylapse take-over\"",
                    false);
        }
        if (theirs.supersedes(ours)) {
            return new Complaint(
                    "follows timeline " + theirs.timeline()
                            + " of Postgres, and KEYLAPSE_POSTGRES_URL leads to timeline "
                            + ours.timeline() + ": let it lead to the primary; if timeline " + theirs.timeline()
                            + " is gone for good, stop all nodes and run \"keylapse take-over\"",
                    false);
        }
        return new Complaint(
                "was renewed less than " + TrustState.RENEWED.toSeconds()
                        + " s ago by a node that goes by another copy of"
                        + " this Postgres, as right after a restore: if this stays so, some node still uses the other"
                        + " copy, and must be stopped",
                true);
    }

    /** Whether what is complained of may pass by itself within {@link TrustState#RENEWED}. */
    boolean mayPass() {
        return foreign.values().stream().allMatch(Complaint::mayPass);
    }

    /** Why Redis is not used, and what to do, for each primary that is somebody else's. */
    public List<String> complaints() {
        List<String> present = redis.primaries().stream().map(Primary::id).toList();
        return foreign.entrySet().stream()
                .filter(each -> present.contains(each.getKey()))
                .map(each -> "Redis " + each.getKey() + " " + each.getValue().words
                        + "; until then keys are checked in Postgres")
                .sorted()
                .toList();
    }
}
