package io.keylapse.simulation.postgres;

import io.keylapse.expiry.NodeTable;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import io.keylapse.key.KeyState;
import io.keylapse.registry.KeyDetails;
import io.keylapse.registry.KeyRecord;
import io.keylapse.registry.KeyTerm;
import io.keylapse.registry.ending.BlacklistTable;
import io.keylapse.registry.ending.RecordingSource;
import io.keylapse.simulation.postgres.TableSession.Tables;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Random operations on the tables. Deadlines are far enough from now that the exact time of a statement makes no
 * difference, and results that depend on the clock are not compared.
 */
final class TableOperations {
    private static final Duration LOOK_AHEAD = Duration.ofMinutes(1);
    private static final KeyId BEFORE_ALL = new KeyId(new UUID(0, 0));
    private static final int MANY = 100_000;

    /** Nodes that were silent for longer than this, but less than the maximum, may count as gone or not: not compared. */
    private static final long MIN_SILENCE = NodeTable.GONE_AFTER.dividedBy(4).toNanos();

    private static final long MAX_SILENCE = NodeTable.GONE_AFTER.multipliedBy(4).toNanos();

    private final Random random;
    private final ModelPostgres model;
    private final List<KeyRecord> issued = new ArrayList<>();
    private final List<Greeting> greeted = new ArrayList<>();

    TableOperations(Random random, ModelPostgres model) {
        this.random = random;
        this.model = model;
    }

    private record Greeting(UUID node, long nanoTime) {}

    record Operation(String name, Function<Tables, Object> work) {}

    /** The next operation of that session; empty if it would have to wait for another session. */
    Optional<Operation> next(int session, Transaction in) {
        if (issued.isEmpty() || random.nextInt(5) == 0) {
            return Optional.of(insert());
        }
        KeyRecord key = issued.get(random.nextInt(Math.max(0, issued.size() - 12), issued.size()));
        List<KeyName> names = Stream.generate(() -> issued.get(random.nextInt(issued.size())))
                .limit(5)
                .map(each -> each.digest().name())
                .toList();
        long position = random.nextLong(model.lastChange() + 1);
        int leastVersion = 1 + random.nextInt(2);
        return switch (random.nextInt(19)) {
            case 0 -> operation("find " + key.id(), t -> t.keys().find(key.id()).map(TableOperations::plain));
            case 1 ->
                operation("find by digest", t -> t.keys().find(key.digest()).map(TableOperations::plain));
            case 2 ->
                operation(
                        "find by names",
                        t -> sorted(t.keys().find(names).stream().map(TableOperations::plain)));
            case 3 -> operation("active after", t -> t.keys().activeAfter(key.id(), 3));
            case 4, 5, 6, 7 -> change(in, key);
            case 8, 9 ->
                operation(
                        "record",
                        t -> sorted(t.blacklist().record(names, RecordingSource.NOTIFICATION).stream()
                                .map(each -> each.id() + " " + each.reason() + " " + each.endedAt())));
            case 10 ->
                operation(
                        "record overlooked",
                        t -> sorted(t.blacklist().recordOverdue(BlacklistTable.OVERLOOKED_AFTER).stream()
                                .map(each -> each.id() + " " + each.reason() + " " + each.endedAt())));
            case 11 -> operation("horizon", t -> t.changes().horizon());
            case 12 ->
                operation(
                        "after " + position,
                        t -> t.changes().after(position).stream()
                                .map(each -> each.position() + " " + each.name() + " " + each.version() + " "
                                        + each.expiresAt())
                                .toList());
            case 13 ->
                operation(
                        "keys after " + position,
                        t -> t.changes().keysAfter(position, leastVersion).stream()
                                .map(each -> each.position() + " " + plain(each.key()))
                                .toList());
            case 14 ->
                operation(
                        "latest",
                        t -> t.changes().latest(7).stream()
                                .map(each -> each.position())
                                .toList());
            case 15 -> operation("try to lead", t -> t.changes().tryLead());
            case 16 -> meet(new UUID(session, random.nextInt(2)));
            case 17 ->
                operation(
                        "due",
                        t -> sorted(t.deadlines().within(LOOK_AHEAD, MANY).stream()
                                .map(each -> each.name() + " " + each.expiresAt())));
            default ->
                operation(
                        "not yet due",
                        t -> sorted(t.deadlines().notYetDue(names, LOOK_AHEAD).stream()
                                .map(each -> each.name().toString())));
        };
    }

    private static Optional<Operation> operation(String name, Function<Tables, Object> work) {
        return Optional.of(new Operation(name, work));
    }

    private Optional<Operation> meet(UUID node) {
        long now = System.nanoTime();
        greeted.add(new Greeting(node, now));
        Set<UUID> doubtful = greeted.stream()
                .filter(each -> now - each.nanoTime > MIN_SILENCE && now - each.nanoTime < MAX_SILENCE)
                .map(Greeting::node)
                .collect(Collectors.toSet());
        return operation("meet as " + node, t -> {
            t.nodes().greet(node);
            return sorted(t.nodes().present().stream()
                    .filter(each -> !doubtful.contains(each))
                    .map(UUID::toString));
        });
    }

    static Object allKeys(Tables tables) {
        return tables.keys().activeAfter(BEFORE_ALL, MANY);
    }

    /** The model's blacklist, without the instants of recording. */
    static Set<String> endings(ModelPostgres model) {
        var endings = new TreeSet<String>();
        model.recorded()
                .forEach(each -> endings.add(each.key() + " " + each.version() + " " + each.reason() + " "
                        + each.endedAt().toEpochMilli() + (each.reinstatedAt() == null ? "" : " reinstated")));
        return endings;
    }

    private Instant deadline() {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return switch (random.nextInt(6)) {
            case 0 -> null;
            case 1, 2 -> now.minusSeconds(10 + random.nextInt(1000));
            case 3 -> now.plusSeconds(40);
            default -> now.plusSeconds(3600 + random.nextInt(1000));
        };
    }

    private Operation insert() {
        var digest = new byte[KeyDigest.LENGTH];
        random.nextBytes(digest);
        Instant issuedAt = Instant.now().truncatedTo(ChronoUnit.MILLIS).minusSeconds(7200);
        var key = new KeyRecord(
                new KeyId(new UUID(random.nextLong() >>> 1, random.nextLong() | Long.MIN_VALUE)),
                new KeyDigest(digest),
                "hint",
                "owner" + random.nextInt(2),
                details(),
                KeyTerm.issued(issuedAt, deadline()),
                null,
                issuedAt);
        issued.add(key);
        return new Operation("insert " + plain(key), tables -> {
            tables.keys().insert(key);
            return "";
        });
    }

    private KeyDetails details() {
        return new KeyDetails("n" + random.nextInt(100), List.of("read"), "{}", null, null);
    }

    /** A random change of a key, unless another session has locked it. */
    private Optional<Operation> change(Transaction in, KeyRecord key) {
        if (in.isLockedByAnother(key.id().value())) {
            return Optional.empty();
        }
        int step = random.nextInt(4);
        Instant deadline = deadline();
        KeyDetails details = details();
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        return operation(
                "change " + step + " of " + key.id(),
                tables -> tables.keys()
                        .lock(key.id())
                        .map(locked -> change(tables, locked, step, deadline, details, now)));
    }

    private static String change(
            Tables tables, KeyRecord locked, int step, Instant deadline, KeyDetails details, Instant now) {
        KeyRecord key = locked;
        if (key.term().isOverdueAt(now) && step != 3) {
            key = key.with(key.term().lapsed());
            tables.blacklist().insert(key, null, null);
            tables.keys().update(key);
        }
        KeyRecord changed = switch (step) {
            case 0, 1 -> key.with(key.term().renewed(deadline));
            case 2 -> key.with(key.term().revoked(now));
            default -> key.with(details);
        };
        if (step < 2 && key.state() == KeyState.EXPIRED) {
            tables.blacklist().reinstate(changed);
        }
        if (step == 2) {
            tables.blacklist().insert(changed, "leaked", null);
        }
        tables.keys().update(changed);
        return plain(changed);
    }

    private static String plain(KeyRecord key) {
        return key.id() + " " + key.digest() + " " + key.owner() + " " + key.details() + " " + key.term();
    }

    private static List<String> sorted(Stream<String> lines) {
        return lines.sorted().toList();
    }
}
