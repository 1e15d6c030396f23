package io.keylapse.campaign;

import io.keylapse.campaign.Schedule.Planned;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.log.Fault.Store;
import io.keylapse.campaign.stage.Processes;
import io.keylapse.campaign.stage.RedisServer;
import io.keylapse.campaign.stage.ServiceProcess;
import io.keylapse.campaign.stage.Stage;
import io.keylapse.harness.TcpProxy;
import io.lettuce.core.KillArgs;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Injects the planned faults, repairs each after its time, and logs it. */
final class Injector implements AutoCloseable {
    private static final Duration DELAY = Duration.ofMillis(150);
    private static final int BURST = 300;
    private static final Duration BURST_AHEAD = Duration.ofSeconds(4);
    private static final Set<Fault.Kind> LOGGED_BY_THEMSELVES =
            EnumSet.of(Fault.Kind.REDIS_FAILED_OVER, Fault.Kind.POSTGRES_HISTORY_LOST, Fault.Kind.NODE_VANISHED);

    private final Stage stage;
    private final Traffic traffic;
    private final PostgresFaults postgres;
    private final NodeFaults nodes;
    private final ConcurrentLinkedQueue<Fault> done = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Future<?>> underWay = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Injector(Stage stage, Traffic traffic) {
        this.stage = stage;
        this.traffic = traffic;
        this.postgres = new PostgresFaults(stage, traffic);
        this.nodes = new NodeFaults(stage, traffic);
    }

    /** Injects a fault in the background. */
    void inject(Planned planned) {
        underWay.add(threads.submit(() -> {
            List<ReentrantLock> held = locksFor(planned);
            held.forEach(ReentrantLock::lock);
            try {
                breakAndMend(planned);
            } finally {
                held.forEach(ReentrantLock::unlock);
            }
            return null;
        }));
    }

    /**
     * The locks that a fault needs. A target has one fault at a time, because repairing the first would repair the
     * second too. Some faults need other targets to be healthy meanwhile. Locks are taken in this order: the wire to
     * Redis, services, the wire to Postgres, Redis, Postgres.
     */
    private List<ReentrantLock> locksFor(Planned planned) {
        var own = lockOf(planned.store(), planned.node());
        var allRedis = lockOf(Store.REDIS, Fault.ALL);
        var allPostgres = lockOf(Store.POSTGRES, Fault.ALL);
        return switch (planned.kind()) {
            // Without services and Postgres no key would be issued, and the burst would test nothing.
            case EXPIRY_BURST -> List.of(lockOf(null, 0), lockOf(null, 1), own, allPostgres);
            case NODE_VANISHED -> List.of(own, lockOf(Store.POSTGRES, planned.node()));
            case MANAGEMENT_HOGGED -> List.of(own, allRedis, allPostgres);
            // The late writes must arrive, and the changes that overtake them must have been made.
            case WIRE_DELIVERS_LATE -> List.of(own, lockOf(null, 0), lockOf(null, 1), allRedis, allPostgres);
            default -> List.of(own);
        };
    }

    /** Waits until all faults are repaired, and returns them. */
    List<Fault> awaitMended() throws Exception {
        for (Future<?> each : underWay) {
            each.get(5, TimeUnit.MINUTES);
        }
        return List.copyOf(done);
    }

    private void breakAndMend(Planned planned) throws Exception {
        Instant from = Instant.now();
        switch (planned.kind()) {
            case SERVICE_KILLED -> {
                ServiceProcess service = stage.service(planned.node());
                service.kill();
                last(planned);
                service.start();
            }
            case SERVICE_PAUSED -> pause(stage.service(planned.node()).process(), planned);
            case REDIS_KILLED -> {
                stage.redis().kill();
                last(planned);
                stage.redis().start();
            }
            case REDIS_PAUSED -> pause(stage.redis().process(), planned);
            case REDIS_CLIENTS_KILLED -> {
                long until = System.nanoTime() + planned.lasting().toNanos();
                do {
                    stage.redis()
                            .ask(redis -> redis.clientKill(
                                    KillArgs.Builder.typeNormal().skipme(true)));
                    stage.redis()
                            .ask(redis -> redis.clientKill(
                                    KillArgs.Builder.typePubsub().skipme(true)));
                    Thread.sleep(300);
                } while (System.nanoTime() < until);
            }
            case REDIS_FLUSHED -> stage.redis().ask(redis -> redis.flushall());
            case REDIS_FAILED_OVER -> failOver(planned, from);
            case NOTIFICATIONS_OFF -> {
                stage.redis().ask(redis -> redis.configSet("notify-keyspace-events", ""));
                last(planned);
                stage.redis().ask(redis -> redis.configSet("notify-keyspace-events", "Ex"));
            }
            case NODE_VANISHED -> vanish(planned);
            case MANAGEMENT_HOGGED -> nodes.hogManagement(planned.node(), planned.lasting());
            case POSTGRES_KILLED -> {
                postgres.primary().kill();
                last(planned);
                postgres.primary().start();
            }
            case POSTGRES_PAUSED -> pause(postgres.process(), planned);
            case POSTGRES_HISTORY_LOST -> log(postgres.loseHistory(planned.lasting()));
            case BACKENDS_TERMINATED -> postgres.terminateBackends();
            case WIRE_CUT -> {
                wire(planned).refuse();
                last(planned);
                wire(planned).heal();
            }
            case WIRE_SWALLOWS -> {
                wire(planned).swallow();
                last(planned);
                wire(planned).heal();
            }
            case WIRE_DELAYS -> {
                wire(planned).delay(DELAY);
                last(planned);
                wire(planned).heal();
            }
            case WIRE_DELIVERS_LATE -> nodes.deliverLate(planned.node(), wire(planned));
            case EXPIRY_BURST -> burst();
        }
        if (!LOGGED_BY_THEMSELVES.contains(planned.kind())) {
            log(planned, from);
        }
    }

    /** Blocks other faults of Postgres while the node's transactions are open. */
    private void vanish(Planned planned) throws SQLException, InterruptedException {
        var alone = lockOf(Store.POSTGRES, Fault.ALL);
        NodeFaults.Vanished vanished;
        alone.lock();
        try {
            vanished = nodes.vanish(planned.node(), planned.lasting());
        } finally {
            alone.unlock();
        }
        vanished.back().join();
        log(new Fault(planned.kind(), planned.store(), planned.node(), vanished.at(), Instant.now()));
    }

    private void burst() throws InterruptedException {
        Instant deadline = Instant.now().plus(BURST_AHEAD).truncatedTo(ChronoUnit.MILLIS);
        traffic.burst(BURST, deadline);
        Thread.sleep(Duration.between(Instant.now(), deadline.plusSeconds(1)));
    }

    /** Promotes the replica. Writes that the old primary acknowledges after that are lost. */
    private void failOver(Planned planned, Instant from) throws InterruptedException {
        RedisServer old = stage.redis();
        stage.replica().ask(redis -> redis.replicaofNoOne());
        last(planned);
        old.kill();
        stage.switchRedis();
        for (int node = 0; node < Stage.NODES; node++) {
            stage.wire(node, Store.REDIS).cut();
        }
        log(planned, from);
        old.startAsReplicaOf(stage.redis());
    }

    private ReentrantLock lockOf(Store store, int node) {
        return locks.computeIfAbsent(store + "/" + node, place -> new ReentrantLock(true));
    }

    private void pause(ProcessHandle process, Planned planned) throws InterruptedException {
        Processes.pause(process);
        try {
            last(planned);
        } finally {
            Processes.resume(process);
        }
    }

    private TcpProxy wire(Planned planned) {
        return stage.wire(planned.node(), planned.store());
    }

    private static void last(Planned planned) throws InterruptedException {
        Thread.sleep(planned.lasting());
    }

    private void log(Planned planned, Instant from) {
        log(new Fault(planned.kind(), planned.store(), planned.node(), from, Instant.now()));
    }

    private void log(Fault fault) {
        done.add(fault);
        System.out.printf(
                "%s %s, %d ms%n",
                fault.from().truncatedTo(ChronoUnit.MILLIS),
                fault.title(),
                Duration.between(fault.from(), fault.to()).toMillis());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
