package io.keylapse.attack;

import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import io.keylapse.attack.Memory.Reading;
import io.keylapse.attack.kind.Attackers;
import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Tally;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;

/**
 * The attack program: starts a service on this machine and attacks it, first with each kind of attacker alone and then
 * with all together, while good keys are checked at a steady rate on both ports. Decides whether every check was
 * answered and whether memory use went back.
 *
 * <pre>--minutes 2 --only flood,churn --together full --out target/attack</pre>
 * Writes {@code attack.md}, {@code attack.json} and, with every single call, {@code calls.csv}, and exits with 1 if a
 * promise was broken.
 *
 * @param length of the attack; set-up and recovery take up to a minute more
 * @param only the names of the attackers that attack, together and on the main port only; empty for all
 * @param modestTogether whether all together attack with a tenth of their connections, for a machine that has other
 *     work to do
 * @param out the directory for the report and the service's log; emptied first
 */
record Attack(Duration length, Set<String> only, boolean modestTogether, Path out) {
    private static final Duration FIRST_USE = Duration.ofSeconds(10);
    private static final Duration QUIET = Duration.ofSeconds(3);
    private static final Duration MAX_WAIT_FOR_CALM = Duration.ofMinutes(1);
    private static final Duration MAX_RECOVERY = Duration.ofSeconds(20);
    private static final Duration MAX_CLOSING = Duration.ofSeconds(5);
    private static final Duration MAX_SETTLING = Duration.ofSeconds(30);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    public static void main(String[] arguments) throws Exception {
        Findings findings = of(arguments).run();
        System.exit(findings.broken().isEmpty() ? 0 : 1);
    }

    static Attack of(String... arguments) {
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            given.put(arguments[i], arguments[i + 1]);
        }
        Set<String> only = Arrays.stream(given.getOrDefault("--only", "").split(","))
                .filter(name -> !name.isBlank())
                .collect(toCollection(TreeSet::new));
        Set<String> names = Attackers.all().stream().map(Attacker::name).collect(toSet());
        if (!names.containsAll(only)) {
            throw new IllegalArgumentException("--only: unknown attacker in " + only + "; known: " + names);
        }
        double minutes = Double.parseDouble(given.getOrDefault("--minutes", "2"));
        return new Attack(
                Duration.ofMillis((long) (minutes * 60_000)),
                only,
                given.getOrDefault("--together", "full").equals("modest"),
                Path.of(given.getOrDefault("--out", "target/attack")).toAbsolutePath());
    }

    /** An attacker and the port that it attacks. */
    private record Assault(Attacker attacker, String port, InetSocketAddress address) {
        String name() {
            return attacker.name() + " on the " + port + " port";
        }
    }

    /** The attackers of a phase, and its length. */
    private record Plan(String name, List<Assault> assaults, Duration length) {}

    /** A phase that has ended, from and to by {@link System#nanoTime()}. */
    private record Done(String name, long from, long to, Map<String, Tally> tallies, Reading peak) {}

    /** Memory after the attack, and the seconds that it took to settle. */
    private record Settled(Reading reading, double seconds) {}

    Findings run() throws Exception {
        System.out.printf("attack of %s, into %s%n", length, out);
        FileUtils.deleteQuietly(out.toFile());
        Files.createDirectories(out);
        try (var stores = Stores.own();
                var service = new AttackedService(stores, out);
                var memory = Memory.of(service.pid());
                var bystanders = new Bystanders(service)) {
            Findings findings = run(service, memory, bystanders);
            new Report(findings).write(out);
            findings.broken().forEach(System.out::println);
            System.out.printf("%d promises broken; see %s%n", findings.broken().size(), out.resolve("attack.md"));
            return findings;
        }
    }

    private Findings run(AttackedService service, Memory memory, Bystanders bystanders) throws Exception {
        int connections = service.connections();
        bystanders.start();
        awaitCalm(bystanders);
        Reading idle = memory.afterCollection();
        Reading before = useOnce(service, memory, bystanders);
        long logged = service.logBytes();
        List<Done> done = new ArrayList<>();
        try (var watch = new MemoryWatch(memory)) {
            for (Plan plan : plans(service)) {
                done.add(carryOut(plan, service, watch));
            }
            done.add(carryOut(new Plan("afterwards", List.of(), QUIET), service, watch));
        }
        Settled settled = settle(memory, before, System.nanoTime() - QUIET.toNanos());
        bystanders.end();
        bystanders.writeTo(out.resolve("calls.csv"));
        bystanders.close();
        return new Findings(
                done.stream()
                        .map(each -> new Phase(
                                each.name,
                                (each.to - each.from) / 1e9,
                                each.tallies,
                                bystanders.between(each.from, each.to),
                                each.peak))
                        .toList(),
                idle,
                before,
                settled.reading,
                settled.seconds,
                service.isAlive(),
                connectionsLeft(service, connections),
                service.linesAboutMemory(),
                service.logBytes() - logged);
    }

    /**
     * Waits until calls are answered in time without any attack: a service that has just started on a busy machine may
     * be slow.
     */
    private static void awaitCalm(Bystanders bystanders) throws InterruptedException {
        long start = System.nanoTime();
        do {
            if (System.nanoTime() - start > MAX_WAIT_FOR_CALM.toNanos()) {
                throw new IllegalStateException(
                        "checks are not answered in time even without an attack; is this machine busy?");
            }
            Thread.sleep(QUIET);
        } while (!bystanders.areServedWell(System.nanoTime() - QUIET.toNanos(), System.nanoTime()));
    }

    /**
     * Lets each attack for a moment, alone and then together, so that one-time allocations are made: classes, and the
     * chunks of memory that Netty's pools keep for reuse.
     *
     * @return the memory to which it must return: heap afterwards, and the most direct memory of that time
     */
    private Reading useOnce(AttackedService service, Memory memory, Bystanders bystanders) throws Exception {
        long direct = 0;
        try (var watch = new MemoryWatch(memory)) {
            for (Plan plan : plans(service, FIRST_USE, Attackers.all())) {
                direct = Math.max(direct, carryOut(plan, service, watch).peak.direct());
            }
        }
        awaitCalm(bystanders);
        Reading after = memory.afterCollection();
        // Netty's pools keep the chunks of the busiest moment. When they release some, depends on later traffic.
        return new Reading(after.heap(), Math.max(direct, after.direct()), after.resident());
    }

    /**
     * Each attacker alone on the main port for one half of the time; in the other half all together, some on the
     * gateway port too.
     */
    private List<Plan> plans(AttackedService service) {
        return plans(service, length, modestTogether ? Attackers.modest() : Attackers.all());
    }

    private List<Plan> plans(AttackedService service, Duration length, List<Attacker> together) {
        List<Assault> full = Attackers.all().stream()
                .filter(attacker -> only.isEmpty() || only.contains(attacker.name()))
                .map(attacker -> new Assault(attacker, "main", service.mainPort()))
                .toList();
        if (!only.isEmpty()) {
            return List.of(new Plan(String.join(", ", only), full, length));
        }
        var plans = new ArrayList<Plan>();
        Duration slot = length.dividedBy(2L * full.size());
        full.forEach(assault -> plans.add(new Plan(assault.attacker.name(), List.of(assault), slot)));
        plans.add(new Plan("all together", together(together, service), length.dividedBy(2)));
        return plans;
    }

    /** These attackers on the main port, and all modest ones on the gateway port. */
    private static List<Assault> together(List<Attacker> onMainPort, AttackedService service) {
        return Stream.concat(
                        onMainPort.stream().map(each -> new Assault(each, "main", service.mainPort())),
                        Attackers.modest().stream().map(each -> new Assault(each, "gateway", service.gatewayPort())))
                .toList();
    }

    private static Done carryOut(Plan plan, AttackedService service, MemoryWatch watch) throws Exception {
        System.out.printf("%s for %.1f s%n", plan.name, plan.length.toMillis() / 1e3);
        long from = System.nanoTime();
        var tallies = new LinkedHashMap<String, Tally>();
        try (var threads = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("attacker-", 0).factory())) {
            List<Callable<Tally>> tasks = plan.assaults.stream()
                    .<Callable<Tally>>map(assault -> () -> assault.attacker.attack(assault.address, plan.length))
                    .toList();
            var results = threads.invokeAll(tasks);
            for (int i = 0; i < results.size(); i++) {
                tallies.put(plan.assaults.get(i).name(), results.get(i).get());
            }
        }
        if (plan.assaults.isEmpty()) {
            Thread.sleep(plan.length);
        }
        // Waits for recovery, so that a fault is attributed to the attackers that caused it.
        service.awaitAnswers(MAX_RECOVERY);
        return new Done(plan.name, from, System.nanoTime(), tallies, watch.peak());
    }

    /** Waits until memory use is back, or the time for that is over. */
    private static Settled settle(Memory memory, Reading before, long end) throws InterruptedException {
        while (true) {
            Reading reading = null;
            try {
                reading = memory.afterCollection();
            } catch (IOException | RuntimeException e) {
                System.out.println("memory cannot be read: " + e);
            }
            long nanos = System.nanoTime() - end;
            boolean back = reading != null && Findings.isBack(reading, before);
            if (back || nanos > MAX_SETTLING.toNanos()) {
                return new Settled(reading, nanos / 1e9);
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    /**
     * The additional connections of the service. Those of the callers are closed, which the service may not have
     * noticed yet.
     */
    private static int connectionsLeft(AttackedService service, int before) throws InterruptedException {
        long until = System.nanoTime() + MAX_CLOSING.toNanos();
        while (true) {
            try {
                int left = Math.max(0, service.connections() - before);
                if (left == 0 || System.nanoTime() > until) {
                    return left;
                }
            } catch (RuntimeException e) {
                return -1;
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }
}
