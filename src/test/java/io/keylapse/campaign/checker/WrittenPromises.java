package io.keylapse.campaign.checker;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import io.keylapse.campaign.log.Change;
import io.keylapse.campaign.log.Change.Kind;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Evidence.EndingRow;
import io.keylapse.campaign.log.Evidence.Entry;
import io.keylapse.campaign.log.Evidence.KeyRow;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Decides P1, P2, P3 and P7: the final content of the stores, and when endings were recorded. */
final class WrittenPromises {
    /** The source of an ending that a request recorded: when it happened, or later when a renewal found it. */
    private static final String BY_REQUEST = "request";

    private final List<Change> acknowledged;
    private final Evidence evidence;
    private final Outages outages;
    private final Bounds bounds;
    private final Map<String, KeyRow> rowByName;
    private final Map<String, KeyRow> rowById;
    private final Map<String, List<EndingRow>> endingsById;
    private final Map<String, List<Change>> changesByName;
    private final Map<String, List<Change>> acknowledgedByName;
    private final List<Violation> found = new ArrayList<>();

    WrittenPromises(List<Change> changes, Evidence evidence, Outages outages, Losses losses, Bounds bounds) {
        this.acknowledged =
                changes.stream().map(losses::inTheEnd).filter(Change::ok).toList();
        this.changesByName = changes.stream()
                .filter(change -> change.key() != null)
                .collect(groupingBy(change -> change.key().name()));
        this.evidence = evidence;
        this.outages = outages;
        this.bounds = bounds;
        this.rowByName = evidence.keys().stream().collect(toMap(KeyRow::name, identity()));
        this.rowById = evidence.keys().stream().collect(toMap(KeyRow::id, identity()));
        this.endingsById = evidence.endings().stream().collect(groupingBy(EndingRow::keyId));
        this.acknowledgedByName =
                acknowledged.stream().collect(groupingBy(change -> change.key().name()));
    }

    List<Violation> violations() {
        acknowledged.forEach(this::isKept);
        evidence.keys().forEach(this::isRecorded);
        acknowledged.forEach(this::isRecordedBeforeTheNext);
        evidence.endings().forEach(this::isTrue);
        lag();
        acknowledged.stream().filter(change -> change.kind() == Kind.RENEW).forEach(this::isNotRecordedBefore);
        redisEqualsPostgres();
        return found;
    }

    private void isKept(Change change) {
        KeyRow row = rowByName.get(change.key().name());
        if (row == null) {
            report("P1", change.key().id(), "an acknowledged key is not in Postgres", change);
        } else if (row.version() < change.version()
                || (row.version() == change.version()
                        && change.deadline() != null
                        && !change.deadline().equals(row.expiresAt()))) {
            report("P1", change.key().id(), "an acknowledged change was lost", change, row);
        }
    }

    private void isRecorded(KeyRow row) {
        boolean active = row.state().equals("active");
        boolean due = row.expiresAt() != null
                && row.expiresAt().plus(bounds.lagAlways()).isBefore(evidence.takenAt());
        if (active && due) {
            report("P2", row.id(), "it is past its deadline, and its expiry is not recorded", row);
        }
        boolean written = endings(row.id())
                .anyMatch(ending -> ending.version() == row.version()
                        && ending.reason().equals(row.state())
                        && Objects.equals(ending.endedAt(), row.endedAt()));
        if (!active && !written) {
            report("P2", row.id(), "it ended, and has no blacklist entry", row);
        }
    }

    /** An ending must be recorded even if a later change followed. */
    private void isRecordedBeforeTheNext(Change change) {
        KeyRow row = rowByName.get(change.key().name());
        if (row == null || change.deadline() == null || endings(row.id()).anyMatch(is(change.version()))) {
            return;
        }
        int next = change.version() + 1;
        acknowledgedByName.get(change.key().name()).stream()
                .filter(renewal -> renewal.kind() == Kind.RENEW
                        && renewal.version() == next
                        && renewal.start().isAfter(change.deadline()))
                .forEach(renewal -> report("P2", row.id(), "it ended before it was renewed", change, renewal));
        // Only the blacklist says when a revocation took effect, because a repeated revocation gets the same response
        // as the first.
        endings(row.id())
                .filter(is(next))
                .filter(ending ->
                        ending.reason().equals("revoked") && ending.endedAt().isAfter(change.deadline()))
                .forEach(ending -> report("P2", row.id(), "it ended before it was revoked", change, ending));
    }

    private static Predicate<EndingRow> is(int version) {
        return ending -> ending.version() == version;
    }

    private void isTrue(EndingRow ending) {
        KeyRow row = rowById.get(ending.keyId());
        if (row == null || ending.version() > row.version()) {
            report("P2", ending.keyId(), "the blacklist has an ending that did not happen", ending);
            return;
        }
        if (ending.recordedAt().isBefore(ending.endedAt())) {
            report("P3", row.id(), "it was recorded before its deadline", ending);
        }
        if (endings(row.id())
                .anyMatch(other -> other.version() < ending.version()
                        && other.reason().equals(ending.reason())
                        && other.endedAt().equals(ending.endedAt()))) {
            report(
                    "P2",
                    row.id(),
                    "one ending was recorded twice",
                    endings(row.id()).toArray());
        }
        acknowledgedByName.getOrDefault(row.name(), List.of()).stream()
                .filter(change -> change.deadline() != null
                        && change.version() == ending.version()
                        && ending.reason().equals("expired")
                        && !change.deadline().equals(ending.endedAt()))
                .forEach(change -> report("P3", row.id(), "it was recorded for another deadline", change, ending));
    }

    private void isNotRecordedBefore(Change renewal) {
        KeyRow row = rowByName.get(renewal.key().name());
        if (row != null) {
            endings(row.id())
                    .filter(ending -> ending.version() < renewal.version()
                            && renewal.end().isBefore(ending.endedAt()))
                    .forEach(ending -> report("P3", row.id(), "it was renewed in time", renewal, ending));
        }
    }

    private void lag() {
        List<EndingRow> late = new ArrayList<>();
        List<EndingRow> recorded = evidence.endings().stream()
                .filter(ending -> !ending.source().equals(BY_REQUEST))
                .toList();
        for (EndingRow ending : recorded) {
            if (lag(ending).compareTo(bounds.lagUsually()) <= 0) {
                continue;
            }
            Duration over = lag(ending).minus(backlog(ending, recorded));
            if (over.compareTo(bounds.lagAlways()) > 0) {
                Object[] faults =
                        outages.during(ending.endedAt(), ending.recordedAt()).toArray();
                report("P2", ending.keyId(), "recorded " + over + " late", with(ending, faults));
            }
            if (over.compareTo(bounds.lagUsually()) > 0) {
                late.add(ending);
            }
        }
        if (late.size() > recorded.size() / 100) {
            report(
                    "P2",
                    "",
                    "%d of %d recordings took longer than what 99%% must keep".formatted(late.size(), recorded.size()),
                    late.stream().limit(20).toArray());
        }
    }

    private Duration lag(EndingRow ending) {
        return Duration.between(recordableFrom(ending), ending.recordedAt());
    }

    private Instant recordableFrom(EndingRow ending) {
        KeyRow row = rowById.get(ending.keyId());
        List<Change> ofKey = row == null ? List.of() : changesByName.getOrDefault(row.name(), List.of());
        return outages.recordableFrom(ending.endedAt(), ending.recordedAt(), ofKey);
    }

    /** The time allowed for recording the endings that were due by then and not recorded earlier. */
    private Duration backlog(EndingRow ending, List<EndingRow> recorded) {
        Instant from = recordableFrom(ending);
        long before = recorded.stream()
                .filter(other ->
                        !other.endedAt().isAfter(from) && !other.recordedAt().isBefore(from))
                .count();
        return Duration.ofMillis(before * 1_000 / bounds.rowsPerSecond());
    }

    private void redisEqualsPostgres() {
        Map<String, Entry> entries = evidence.redis().stream().collect(toMap(Entry::name, identity()));
        for (KeyRow row : evidence.keys()) {
            Entry entry = entries.get(row.name());
            boolean active = row.state().equals("active")
                    && (row.expiresAt() == null || row.expiresAt().isAfter(evidence.takenAt()));
            boolean nearDeadline = row.expiresAt() != null
                    && Duration.between(evidence.takenAt(), row.expiresAt())
                                    .abs()
                                    .toSeconds()
                            < 2;
            if (nearDeadline) {
                // The key may have ended between the reads of the two stores.
                continue;
            }
            if (active && (entry == null || !entry.live())) {
                report("P7", row.id(), "it is active, and Redis does not accept it", row, String.valueOf(entry));
            } else if (active
                    && (entry.version() != row.version() || !Objects.equals(entry.deadline(), row.expiresAt()))) {
                report("P7", row.id(), "Redis has another version of it", row, entry);
            } else if (!active && entry != null && entry.live()) {
                report("P7", row.id(), "it ended, and Redis has it as active", row, entry);
            }
        }
        evidence.redis().stream()
                .filter(entry -> entry.live() && !rowByName.containsKey(entry.name()))
                .forEach(entry -> report("P7", entry.name(), "Redis has a key that Postgres does not have", entry));
    }

    private Stream<EndingRow> endings(String id) {
        return endingsById.getOrDefault(id, List.of()).stream();
    }

    private static Object[] with(Object first, Object[] others) {
        return Stream.concat(Stream.of(first), Stream.of(others)).toArray();
    }

    private void report(String promise, String key, String what, Object... events) {
        found.add(new Violation(
                promise, key, what, Stream.of(events).map(Object::toString).toList()));
    }
}
