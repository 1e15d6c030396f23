package io.keylapse.simulation;

import io.keylapse.check.CheckSettings.WhenStale;
import io.keylapse.check.Verdict;
import io.keylapse.simulation.postgres.KeyVersion;
import io.keylapse.simulation.postgres.ModelPostgres;
import io.keylapse.simulation.postgres.PostgresSite;
import io.keylapse.simulation.world.Host;
import io.keylapse.simulation.world.World;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** Checks the promises about single responses: acknowledged changes and verdicts. Exact, by the virtual clock. */
final class Promises {
    /** P4: the time for which a node may accept a key after its end was acknowledged. */
    static final Duration STALE_AFTER = Duration.ofSeconds(2);

    /** P6: the maximum time until another node knows that an expired key was renewed. */
    private static final Duration RENEWAL_KNOWN_WITHIN = Duration.ofSeconds(1);

    private static final long NEVER = Long.MIN_VALUE / 2;

    private record Acknowledged(UUID key, int version) {}

    private record Acknowledgement(Instant at, Host by) {}

    private final World world = World.here();
    private final PostgresSite site;
    private final ModelPostgres postgres;
    private final WhenStale whenStale;
    private final Map<Acknowledged, Acknowledgement> acknowledged = new HashMap<>();
    private final Map<Host, Long> troubled = new HashMap<>();
    private final Set<UUID> ended = new HashSet<>();
    private long lostAt = NEVER;

    private final Uses uses;

    Promises(PostgresSite site, WhenStale whenStale, Uses uses) {
        this.uses = uses;
        this.site = site;
        this.postgres = site.server();
        this.whenStale = whenStale;
    }

    /** Postgres has just lost its latest commits; the promises about them are void. */
    void postgresLost() {
        lostAt = world.now();
        uses.postgresLost();
        acknowledged
                .keySet()
                .removeIf(each -> postgres.versions(each.key).stream().noneMatch(has -> has.version() == each.version));
    }

    /** Checks that an acknowledged change is in Postgres (P1), unless Postgres has lost it meanwhile. */
    void acknowledged(UUID key, int version, Instant deadline) {
        if (postgres.lost(key).stream()
                .anyMatch(each -> each.version() == version && Objects.equals(each.expiresAt(), deadline))) {
            return;
        }
        acknowledged.putIfAbsent(new Acknowledged(key, version), new Acknowledgement(world.instant(), world.host()));
        Optional<KeyVersion> committed = postgres.versions(key).stream()
                .filter(each -> each.version() == version)
                .findFirst();
        if (committed.isEmpty()) {
            world.violated("P1: version " + version + " of " + key + " was acknowledged and is not in Postgres");
        } else if (deadline != null && !deadline.equals(committed.get().expiresAt())) {
            world.violated("P1: " + key + " was acknowledged until " + deadline + " and is " + committed.get());
        }
    }

    /** Notes which nodes cannot be expected to read Postgres now. */
    void look(List<SimulatedNode> nodes) {
        for (SimulatedNode node : nodes) {
            if (!site.isWellFor(node.host())) {
                troubled.put(node.host(), world.now());
            }
        }
    }

    /** From now on, no node may accept that key. */
    void endedEverywhere(UUID key) {
        ended.add(key);
    }

    /** Checks the verdict of a node. */
    void checked(SimulatedNode node, UUID key, long askedAt, Verdict verdict) {
        if (verdict instanceof Verdict.Good) {
            uses.used(node.host(), key);
        }
        List<KeyVersion> versions = postgres.versions(key);
        if (mayNotKnowOfLoss(node, askedAt)) {
            return;
        }
        if (versions.isEmpty()) {
            if (!(verdict instanceof Verdict.Unknown || verdict instanceof Verdict.Unavailable)) {
                world.violated("P7: Postgres has lost " + key + ", but the verdict of "
                        + node.host().name() + " is " + verdict);
            }
            return;
        }
        switch (verdict) {
            case Verdict.Good _ -> accepted(node, key, versions, askedAt);
            case Verdict.Unavailable _ -> {
                // Always allowed.
            }
            case Verdict.Expired _ -> refused(node, key, versions, askedAt, verdict, "expired");
            case Verdict.Revoked _ -> refused(node, key, versions, askedAt, verdict, "revoked");
            case Verdict.Rotated _ -> refused(node, key, versions, askedAt, verdict, "rotated");
            default -> world.violated("P6: " + key + " was issued, but the verdict is " + verdict);
        }
    }

    /** Whether Postgres lost history and the node could not have noticed it before the request. */
    private boolean mayNotKnowOfLoss(SimulatedNode node, long askedAt) {
        Long trouble = troubled.get(node.host());
        long known = Math.max(lostAt, trouble == null ? NEVER : trouble)
                + STALE_AFTER.plusMillis(1500).toNanos();
        return lostAt != NEVER && askedAt < known;
    }

    private void accepted(SimulatedNode node, UUID key, List<KeyVersion> versions, long askedAt) {
        if (ended.contains(key)) {
            world.violated("P4: nothing is wrong, but " + node.host().name() + " does not know of the end of " + key);
        }
        Instant now = world.instant();
        for (int i = versions.size() - 1; i >= 0; i--) {
            if (versions.get(i).isGoodAt(now)) {
                if (i + 1 < versions.size()) {
                    acceptedAfterItsEnd(node, key, versions.get(i), versions.get(i + 1), askedAt);
                }
                return;
            }
        }
        world.violated("P5: " + node.host().name() + " accepts " + key + " after its deadline, " + versions.getLast());
    }

    private void acceptedAfterItsEnd(SimulatedNode node, UUID key, KeyVersion accepted, KeyVersion end, long askedAt) {
        if (wasAcknowledgedBy(node.host(), key, end, World.at(askedAt))) {
            world.violated("P4: " + node.host().name() + " accepts " + accepted + " of " + key
                    + " after it acknowledged " + end + " itself");
        }
        Optional<Instant> since = acknowledgement(key, end).map(Acknowledgement::at);
        if (since.isPresent() && world.instant().isAfter(since.get().plus(STALE_AFTER)) && !mayBeStale(node)) {
            world.violated("P4: " + node.host().name() + " accepts " + accepted + " of " + key + ", but " + end
                    + " was acknowledged at " + World.moment(since.get()) / 1e9);
        }
    }

    /** When that version, or a later one, was acknowledged, and by which node. */
    private Optional<Acknowledgement> acknowledgement(UUID key, KeyVersion version) {
        return acknowledged.entrySet().stream()
                .filter(each -> each.getKey().key().equals(key) && each.getKey().version() >= version.version())
                .map(Map.Entry::getValue)
                .min(Comparator.comparing(Acknowledgement::at));
    }

    private boolean wasAcknowledgedBy(Host host, UUID key, KeyVersion version, Instant before) {
        return acknowledged.entrySet().stream()
                .anyMatch(each -> each.getKey().key().equals(key)
                        && each.getKey().version() >= version.version()
                        && each.getValue().by().equals(host)
                        && each.getValue().at().isBefore(before));
    }

    /** The instant from which the node must know that version. */
    private Instant known(SimulatedNode node, UUID key, KeyVersion version) {
        Instant atTheLatest = version.committedAt().plus(STALE_AFTER);
        return acknowledgement(key, version)
                .map(first -> first.by.equals(node.host()) ? first.at : first.at.plus(RENEWAL_KNOWN_WITHIN))
                .filter(each -> each.isBefore(atTheLatest))
                .orElse(atTheLatest);
    }

    /** Whether the node may serve stale answers: it is configured to, and could not read Postgres recently. */
    private boolean mayBeStale(SimulatedNode node) {
        Long trouble = troubled.get(node.host());
        return whenStale == WhenStale.SERVE
                && trouble != null
                && world.now() - trouble < STALE_AFTER.plusMillis(1500).toNanos();
    }

    private void refused(
            SimulatedNode node, UUID key, List<KeyVersion> versions, long askedAt, Verdict verdict, String state) {
        Instant now = world.instant();
        Instant asked = World.at(askedAt);
        for (int i = 0; i < versions.size(); i++) {
            KeyVersion version = versions.get(i);
            Instant until = i + 1 < versions.size() ? known(node, key, versions.get(i + 1)) : now;
            boolean ended = version.state().equals(state);
            boolean lapsed = version.state().equals("active")
                    && version.endReason().equals(state)
                    && version.expiresAt() != null
                    && !version.expiresAt().isAfter(until);
            boolean current = !until.isBefore(asked) || hasNotBecomeGoodSince(versions, i);
            if (current && (ended || lapsed)) {
                return;
            }
        }
        world.violated("P6: the verdict on " + key + " is " + verdict + ", but it is " + versions.getLast());
    }

    /** Whether the key was never active again since that version. Then each of its endings is a correct answer. */
    private static boolean hasNotBecomeGoodSince(List<KeyVersion> versions, int i) {
        return versions.subList(i + 1, versions.size()).stream()
                .noneMatch(each -> each.state().equals("active"));
    }

    /** When each version of the key was acknowledged, ordered by version. */
    Map<Integer, Instant> acknowledgements(UUID key) {
        var times = new TreeMap<Integer, Instant>();
        acknowledged.forEach((what, when) -> {
            if (what.key().equals(key)) {
                times.put(what.version(), when.at());
            }
        });
        return times;
    }
}
