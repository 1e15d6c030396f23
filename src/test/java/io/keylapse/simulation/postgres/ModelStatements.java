package io.keylapse.simulation.postgres;

import static io.keylapse.simulation.postgres.KeyRows.change;
import static io.keylapse.simulation.postgres.KeyRows.id;
import static io.keylapse.simulation.postgres.KeyRows.isActive;
import static io.keylapse.simulation.postgres.KeyRows.isDue;
import static io.keylapse.simulation.postgres.KeyRows.isNamed;
import static io.keylapse.simulation.postgres.KeyRows.keys;
import static io.keylapse.simulation.postgres.KeyRows.name;
import static io.keylapse.simulation.postgres.KeyRows.readAt;

import io.keylapse.simulation.postgres.ModelPostgres.Ending;
import io.keylapse.simulation.postgres.ModelPostgres.Row;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The effect of each statement of the production code, keyed by the method that sends it. */
final class ModelStatements {
    private static final Pattern COLUMNS = Pattern.compile("\\(([a-z_, ]+)\\)");
    private static final Pattern ASSIGNMENT = Pattern.compile("([a-z_]+) = \\?");

    private final ModelPostgres server;
    private final Waiting waiting;
    private final int batch;

    /** How a statement waits for a lock. */
    interface Waiting {
        void until(BooleanSupplier free);
    }

    /** @param batch the limit that is written in statements */
    ModelStatements(ModelPostgres server, int batch, Waiting waiting) {
        this.batch = batch;
        this.server = server;
        this.waiting = waiting;
    }

    List<Row> run(String method, String sql, Transaction in, Object[] with) {
        return switch (method) {
            case "Postgres.now" -> List.of(value(millis(server.now())));
            case "KeyTable.find" -> readAt(in.startedAt(), keys(in, found(with)));
            case "KeyTable.activeAfter" ->
                numbered(keys(in, row -> isActive(row, in.startedAt()) && id(row).compareTo((UUID) with[0]) > 0)
                        .limit((int) with[1]));
            case "KeyTable.lock" -> lock(in, row -> id(row).equals(with[0]), 1);
            case "KeyTable.lockActive" ->
                lock(in, row -> with[0].equals(row.get("owner")) && isActive(row, in.startedAt()), (int) with[1]);
            case "KeyTable.insert" -> insertKey(in, sql, with);
            case "KeyTable.update" -> updateKey(in, sql, with);
            case "BlacklistTable.record" -> record(in, isNamed(with[0]), Duration.ZERO, (String) with[1]);
            case "BlacklistTable.recordOverdue" ->
                record(in, _ -> true, Duration.parse((String) with[0]), (String) with[1]);
            case "BlacklistTable.insert" -> insertEnding(in, columns(sql, with));
            case "BlacklistTable.reinstate" -> reinstate(in, (UUID) with[0]);
            case "ChangeLog.horizon" -> List.of(value(horizon()));
            case "ChangeLog.look" ->
                List.of(server.moment()
                        .with("position", horizon())
                        .with("at", server.now())
                        .with("remembers", server.knowsMilestone((UUID) with[0])));
            case "MilestoneTable.renew" -> {
                server.addMilestone(Duration.parse((String) with[1]));
                yield List.of();
            }
            case "MilestoneTable.forgetUntil" -> {
                server.forgetMilestonesUntil((Instant) with[0]);
                yield List.of();
            }
            case "MilestoneTable.knows" -> server.knowsMilestone((UUID) with[0]) ? List.of(new Row()) : List.of();
            case "ChangeLog.after" -> announced(changes(in, (long) with[0]).limit(batch));
            case "ChangeLog.keysAfter" ->
                changes(in, (long) with[0])
                        .filter(row -> (int) row.get("version") >= (int) with[1])
                        .limit(batch)
                        .toList();
            case "ChangeLog.latest" ->
                announced(changes(in, 0).toList().reversed().stream().limit((int) with[0]));
            case "ChangeLog.positionBefore" -> List.of(value(positionBefore(in, Duration.parse((String) with[0]))));
            case "ChangeLog.tryLead" -> List.of(value(in.tryLead()));
            // Notices and the audit trail do not matter to the protocol.
            case "Outbox.add", "Outbox.takeBack", "AuditTrail.add" -> List.of();
            case "RecorderTable.report" -> {
                Instant now = server.now();
                yield in.change(usage ->
                        usage.report((UUID) with[0], Duration.parse((String) with[1]), (boolean) with[3], now));
            }
            case "UsageTable.addUses" -> in.change(usage -> usage.addUses((UUID[]) with[0], (Long[]) with[1]));
            // Refusals are not part of what is promised.
            case "UsageTable.addRefusals" -> List.of();
            case "NodeTable.greet" -> {
                in.greet((UUID) with[0]);
                yield in.present((String) with[2]);
            }
            case "NodeTable.present" -> in.present((String) with[0]);
            case "DueKeys.within" -> due(in, Duration.parse((String) with[0]), Duration.parse((String) with[1]), with);
            case "DueKeys.notYetDue" -> notYetDue(in, isNamed(with[0]), Duration.parse((String) with[1]));
            default -> throw new UnsupportedOperationException("no model of " + method + ": " + sql);
        };
    }

    private static Row value(Object value) {
        return new Row().with("1", value).with("2", value);
    }

    static Instant millis(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS);
    }

    private static Predicate<Row> found(Object[] with) {
        return switch (with[0]) {
            case UUID id -> row -> id(row).equals(id);
            case byte[] _ -> row -> Arrays.equals((byte[]) row.get("digest"), (byte[]) with[1]);
            default -> isNamed(with[0]);
        };
    }

    /** Locks the rows one by one, and evaluates the condition again after each wait. */
    private List<Row> lock(Transaction in, Predicate<Row> which, int limit) {
        var locked = new ArrayList<Row>();
        for (Row candidate : keys(in, which).limit(limit).toList()) {
            UUID id = id(candidate);
            waiting.until(() -> in.isEnded() || !in.isLockedByAnother(id));
            if (in.isEnded()) {
                return List.of();
            }
            Row latest = in.keys().get(id);
            Instant readAt = millis(server.now());
            in.lock(id, readAt);
            if (which.test(latest)) {
                locked.add(latest.with("read_at", readAt));
            }
        }
        return locked;
    }

    private static Row columns(String sql, Object[] with) {
        var matcher = COLUMNS.matcher(sql);
        if (!matcher.find()) {
            throw new UnsupportedOperationException(sql);
        }
        var row = new Row();
        String[] names = matcher.group(1).split(", ", -1);
        for (int i = 0; i < names.length; i++) {
            row.put(names[i].strip(), with[i]);
        }
        return row;
    }

    private List<Row> insertKey(Transaction in, String sql, Object[] with) {
        in.namePosition();
        Row row = columns(sql, with).with("change", server.nextChange()).with("changed_at", server.rounded());
        Constraints.checkNew(row, in.keys());
        in.changedKeys().put(id(row), row);
        return List.of(row);
    }

    private List<Row> updateKey(Transaction in, String sql, Object[] with) {
        in.namePosition();
        UUID id = (UUID) with[with.length - 1];
        Row row = new Row(in.keys().get(id));
        var matcher = ASSIGNMENT.matcher(sql.replace("::json", ""));
        for (int i = 0; i < with.length - 1 && matcher.find(); i++) {
            row.put(matcher.group(1), with[i]);
        }
        row.put("change", server.nextChange());
        row.put("changed_at", server.rounded());
        Constraints.check(row);
        in.changedKeys().put(id, row);
        return List.of(row);
    }

    private List<Row> record(Transaction in, Predicate<Row> which, Duration overdue, String source) {
        Instant due = in.startedAt().minus(overdue);
        List<Row> rows = keys(
                        in, row -> which.test(row) && isDue(row, Instant.MIN, due) && !in.isLockedByAnother(id(row)))
                .sorted(Comparator.comparing(row -> row.instant("expires_at")))
                .limit(batch)
                .toList();
        var recorded = new ArrayList<Row>();
        for (Row row : rows) {
            Row ended = row.with("state", row.get("end_reason")).with("ended_at", row.get("expires_at"));
            Constraints.check(ended);
            in.lock(id(row), in.startedAt());
            in.changedKeys().put(id(row), ended);
            var ending = new Row();
            ending.put("key_id", id(row));
            ending.put("version", row.get("version"));
            ending.put("owner", row.get("owner"));
            ending.put("reason", row.get("end_reason"));
            ending.put("ended_at", row.get("expires_at"));
            ending.put("source", source);
            if (!in.endings().containsKey(key(ending))) {
                recorded.addAll(insertEnding(in, ending));
            }
        }
        return recorded;
    }

    private static Ending key(Row ending) {
        return new Ending((UUID) ending.get("key_id"), (int) ending.get("version"));
    }

    private List<Row> insertEnding(Transaction in, Row ending) {
        Constraints.checkNewEnding(key(ending), in.endings());
        Row row = ending.with("recorded_at", server.rounded());
        in.changedEndings().put(key(row), row);
        return List.of(row);
    }

    private List<Row> reinstate(Transaction in, UUID id) {
        in.endings().forEach((key, row) -> {
            if (key.key().equals(id) && row.get("reason").equals("expired") && row.get("reinstated_at") == null) {
                in.changedEndings().put(key, row.with("reinstated_at", server.rounded()));
            }
        });
        return List.of();
    }

    private long horizon() {
        return Math.min(
                server.lastChange(),
                server.open()
                        .mapToLong(Transaction::namedPosition)
                        .filter(position -> position != Transaction.NONE)
                        .min()
                        .orElse(Long.MAX_VALUE));
    }

    private Stream<Row> changes(Transaction in, long behind) {
        Instant now = server.now();
        return keys(in, row -> change(row) > behind)
                .sorted(Comparator.comparingLong(KeyRows::change))
                .map(row -> row.with("read_at", in.startedAt())
                        .with(
                                "age_ms",
                                Duration.between(row.instant("changed_at"), now).toMillis()));
    }

    /** The columns that the feed reads: an ended key has no deadline. */
    private static List<Row> announced(Stream<Row> rows) {
        return named(rows.map(row -> row.get("state").equals("active") ? row : row.with("expires_at", null)));
    }

    /** The columns of an active key, by number. */
    private static List<Row> numbered(Stream<Row> rows) {
        return rows.map(row -> new Row()
                        .with("1", id(row))
                        .with("2", name(row))
                        .with("3", row.get("version"))
                        .with("4", row.get("expires_at"))
                        .with("5", row.get("owner"))
                        .with("6", String.join(" ", (String[]) row.get("scopes"))))
                .toList();
    }

    private static List<Row> named(Stream<Row> rows) {
        return rows.map(row -> row.with("name", name(row))).toList();
    }

    private long positionBefore(Transaction in, Duration ago) {
        Instant before = server.now().minus(ago).minus(Duration.ofMinutes(1));
        return keys(in, row -> row.instant("changed_at").isBefore(before))
                .mapToLong(KeyRows::change)
                .max()
                .orElse(0);
    }

    private static List<Row> due(Transaction in, Duration overdue, Duration ahead, Object[] with) {
        Instant now = in.startedAt();
        return named(keys(in, row -> isDue(row, now.minus(overdue), now.plus(ahead)))
                .sorted(Comparator.comparing(row -> row.instant("expires_at")))
                .limit((int) with[2]));
    }

    private static List<Row> notYetDue(Transaction in, Predicate<Row> which, Duration ahead) {
        Instant now = in.startedAt();
        return named(readAt(now, keys(in, row -> which.test(row) && isDue(row, now, now.plus(ahead)))).stream());
    }
}
