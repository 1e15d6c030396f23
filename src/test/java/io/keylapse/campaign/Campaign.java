package io.keylapse.campaign;

import io.keylapse.campaign.Schedule.Planned;
import io.keylapse.campaign.checker.Bounds;
import io.keylapse.campaign.checker.Checker;
import io.keylapse.campaign.checker.Violation;
import io.keylapse.campaign.log.Attack;
import io.keylapse.campaign.log.Evidence;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.report.Findings;
import io.keylapse.campaign.report.JsonReport;
import io.keylapse.campaign.report.Page;
import io.keylapse.campaign.stage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.commons.io.FileUtils;

/**
 * The fault campaign: breaks and repairs everything that can break while clients, including hostile ones, send
 * requests; then decides from the log whether all promises were kept.
 *
 * <pre>--minutes 30 --seed 1 --out target/campaign</pre>
 * The seed determines the faults, the attacks and the clients' choices, but not how the threads are scheduled. Writes
 * {@code campaign.json} and {@code campaign.html}, and exits with 1 if a promise was broken.
 *
 * @param out the directory for results and logs; emptied first
 */
record Campaign(long seed, Duration length, Path out) {
    private static final Duration QUIET_BOUND = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);
    private static final int MAX_LINES = 20;

    public static void main(String[] arguments) throws Exception {
        Findings findings = Campaign.of(arguments).run();
        System.exit(findings.violations().isEmpty() ? 0 : 1);
    }

    static Campaign of(String... arguments) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            given.put(arguments[i], arguments[i + 1]);
        }
        double minutes = Double.parseDouble(given.getOrDefault("--minutes", "30"));
        String seed = given.getOrDefault("--seed", "");
        return new Campaign(
                seed.isEmpty() ? new Random().nextInt(1_000_000) : Long.parseLong(seed),
                Duration.ofMillis((long) (minutes * 60_000)),
                Path.of(given.getOrDefault("--out", "target/campaign")).toAbsolutePath());
    }

    /** Runs the campaign, which takes its length and about a minute more. */
    Findings run() throws Exception {
        System.out.printf("campaign of %s, seed %d, into %s%n", length, seed, out);
        FileUtils.deleteQuietly(out.toFile());
        Files.createDirectories(out);
        try (var stage = new Stage(Files.createDirectory(out.resolve("logs")))) {
            var clearing = new Thread(stage::close, "campaign-end");
            Runtime.getRuntime().addShutdownHook(clearing);
            Schedule schedule = Schedule.draw(seed, length);
            try (var traffic = new Traffic(stage, seed);
                    var attacks = new Attacks(stage, schedule.attacks());
                    var injector = new Injector(stage, traffic)) {
                Findings findings = run(schedule, stage, traffic, attacks, injector);
                tell(findings);
                return findings;
            } finally {
                forget(clearing);
            }
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is shutting down, and the hook is running.
        }
    }

    private Findings run(Schedule schedule, Stage stage, Traffic traffic, Attacks attacks, Injector injector)
            throws Exception {
        Instant start = Instant.now();
        for (Planned planned : schedule.faults()) {
            waitUntil(start.plus(planned.at()), start, traffic);
            injector.inject(planned);
        }
        waitUntil(start.plus(length), start, traffic);
        List<Fault> faults = injector.awaitMended();
        List<Attack> attacked = attacks.awaitEnd();
        traffic.end();
        Instant end = Instant.now();
        System.out.println("all faults are repaired; waiting for the stores to agree");
        Evidence evidence = quiet(stage, traffic, faults);
        List<Violation> violations = check(traffic, faults, evidence);
        return new Findings(
                seed,
                start,
                end,
                evidence.takenAt(),
                faults,
                attacked,
                traffic.changes(),
                traffic.checks(),
                evidence,
                violations);
    }

    /** Waits until the stores agree, or until the time for that is over, and returns their content. */
    private static Evidence quiet(Stage stage, Traffic traffic, List<Fault> faults)
            throws SQLException, InterruptedException {
        Instant atTheLatest = Instant.now().plus(QUIET_BOUND);
        // Long enough for every deadline that has passed by now to be recorded.
        Thread.sleep(Bounds.PROMISED.lagAlways());
        while (true) {
            Evidence evidence = EvidenceReader.read(stage);
            boolean agree = new Checker(traffic.changes(), List.of(), faults, Stage.NODES, evidence, Bounds.PROMISED)
                    .violations().stream()
                            .noneMatch(violation -> violation.promise().equals("P7"));
            if (agree || Instant.now().isAfter(atTheLatest)) {
                return evidence;
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    private static List<Violation> check(Traffic traffic, List<Fault> faults, Evidence evidence) {
        return new Checker(traffic.changes(), traffic.checks(), faults, Stage.NODES, evidence, Bounds.PROMISED)
                .violations();
    }

    private void waitUntil(Instant then, Instant start, Traffic traffic) throws InterruptedException {
        for (Instant now = Instant.now(); now.isBefore(then); now = Instant.now()) {
            Duration left = Duration.between(now, then);
            Thread.sleep(left.compareTo(BETWEEN_LINES) < 0 ? left : BETWEEN_LINES);
            System.out.printf(
                    "%d of %d s: %d changes, %d checks%n",
                    Duration.between(start, Instant.now()).toSeconds(),
                    length.toSeconds(),
                    traffic.changes().size(),
                    traffic.checks().size());
        }
    }

    private void tell(Findings findings) throws IOException {
        Files.writeString(out.resolve("campaign.json"), new JsonReport(findings).text());
        Files.writeString(out.resolve("campaign.html"), new Page(findings).html());
        findings.violations().stream()
                .limit(MAX_LINES)
                .forEach(each -> System.out.println(each.promise() + " " + each.key() + " " + each.what()));
        System.out.printf(
                "%d changes may have been lost with Postgres's history; %d keys were lost%n",
                findings.changesAtRisk(), findings.keysLost());
        System.out.printf(
                "%d changes, %d checks, %d faults, %d attacks, %d violations; see %s%n",
                findings.changes().size(),
                findings.checks().size(),
                findings.faults().size(),
                findings.attacks().size(),
                findings.violations().size(),
                out.resolve("campaign.html"));
    }
}
