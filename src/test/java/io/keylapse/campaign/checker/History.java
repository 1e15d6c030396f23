package io.keylapse.campaign.checker;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Kind;
import io.keylapse.campaign.log.Change.Outcome;
import io.keylapse.campaign.log.Check;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Evidence.EndingRow;
import io.keylapse.campaign.log.Evidence.Entry;
import io.keylapse.campaign.log.Evidence.KeyRow;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.campaign.log.Key;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A hand-written log of one key, in seconds since the beginning. Unless a test sets the content of Postgres and Redis,
 * they hold what was acknowledged.
 */
final class History {
    private static final Instant BEGINNING = Instant.parse("2030-01-01T00:00:00Z");
    private static final Key KEY = new Key("key_1", "0011");
    private static final String ROW = "row-1";

    private final List<Change> changes = new ArrayList<>();
    private final List<Check> checks = new ArrayList<>();
    private final List<Fault> faults = new ArrayList<>();
    private final List<KeyRow> keys = new ArrayList<>();
    private final List<EndingRow> endings = new ArrayList<>();
    private final List<Entry> redis = new ArrayList<>();
    private boolean storesAreWritten;

    static Instant at(double seconds) {
        return BEGINNING.plusMillis(Math.round(seconds * 1_000));
    }

    History issue(double start, double end, double deadline) {
        return change(Kind.ISSUE, start, end, Outcome.OK, 1, at(deadline), null);
    }

    History renew(double start, double end, double deadline, int version, Outcome outcome) {
        return change(Kind.RENEW, start, end, outcome, version, at(deadline), null);
    }

    History revoke(double start, double end, Outcome outcome) {
        return change(Kind.REVOKE, start, end, outcome, 0, null, null);
    }

    History rotate(double start, double end, double grace, Outcome outcome) {
        return change(Kind.ROTATE, start, end, outcome, 0, null, Duration.between(BEGINNING, at(grace)));
    }

    private History change(
            Kind kind, double start, double end, Outcome outcome, int version, Instant deadline, Duration grace) {
        changes.add(new Change(kind, KEY, 0, at(start), at(end), outcome, version, deadline, grace, true));
        return this;
    }

    History accepted(int node, double start, double end) {
        return check(node, start, end, 200);
    }

    History refused(int node, double start, double end) {
        return check(node, start, end, 401);
    }

    History check(int node, double start, double end, int status) {
        checks.add(new Check(KEY, node, at(start), at(end), status, ""));
        return this;
    }

    History fault(Fault.Kind kind, Store store, int node, double from, double to) {
        faults.add(new Fault(kind, store, node, at(from), at(to)));
        return this;
    }

    /**
     * Postgres lost what it acknowledged from {@code lostSince} on, in a fail-over from {@code from} to {@code to}.
     */
    History loss(double lostSince, double from, double to) {
        faults.add(new Fault(
                Fault.Kind.POSTGRES_HISTORY_LOST, Store.POSTGRES, Fault.ALL, at(from), at(to), at(lostSince)));
        return this;
    }

    /** A revocation by that node without a response, so that its outcome is unknown. */
    History unansweredRevocation(int node, double start, double end) {
        changes.add(new Change(Kind.REVOKE, KEY, node, at(start), at(end), Outcome.UNKNOWN, 0, null, null, false));
        return this;
    }

    /** Removes the key from both stores. */
    History gone() {
        storesAreWritten = true;
        return this;
    }

    /** A number of successive checks by that node in that time. */
    History checks(int node, int count, double from, double to, int status) {
        double each = (to - from) / count;
        for (int i = 0; i < count; i++) {
            check(node, from + i * each, from + (i + 0.5) * each, status);
        }
        return this;
    }

    /** The key's row in Postgres. Unless it is active, it ended at its deadline. */
    History row(String state, int version, double deadline) {
        storesAreWritten = true;
        Instant ended = state.equals("active") ? null : at(deadline);
        keys.add(new KeyRow(ROW, KEY.name(), state, version, at(0), at(deadline), ended));
        return this;
    }

    History ending(int version, String reason, double ended, double recorded) {
        storesAreWritten = true;
        endings.add(new EndingRow(ROW, version, reason, at(ended), at(recorded), "sweep"));
        return this;
    }

    History inRedis(boolean live, int version, double deadline) {
        redis.add(new Entry(KEY.name(), live, version, at(deadline)));
        return this;
    }

    /** Writes plausible content into the stores, for tests that do not set it. */
    private void writeStores() {
        int version = changes.stream().mapToInt(Change::version).max().orElse(1);
        Instant deadline = changes.stream()
                .filter(change -> change.ok() && change.version() == version && change.deadline() != null)
                .map(Change::deadline)
                .findFirst()
                .orElse(at(0));
        keys.add(new KeyRow(ROW, KEY.name(), "expired", version, at(0), deadline, deadline));
        endings.add(new EndingRow(ROW, version, "expired", deadline, deadline, "sweep"));
        for (Change change : changes) {
            if (change.ok() && change.version() == 1 && version > 1) {
                boolean lapsed = changes.stream()
                        .anyMatch(next -> next.version() == 2 && next.start().isAfter(change.deadline()));
                if (lapsed) {
                    endings.add(new EndingRow(ROW, 1, "expired", change.deadline(), change.deadline(), "request"));
                }
            }
        }
    }

    List<Violation> violations() {
        if (!storesAreWritten) {
            writeStores();
            storesAreWritten = true;
        }
        var evidence = new Evidence(at(1_000), keys, endings, redis);
        return new Checker(changes, checks, faults, 2, evidence, Bounds.PROMISED).violations();
    }

    /** The broken promises, one for each violation. */
    List<String> broken() {
        return violations().stream().map(Violation::promise).toList();
    }
}
