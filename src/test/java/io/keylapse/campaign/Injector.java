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
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/** Breaks things as planned, mends each after its time, and logs both. */
final class Injector implements AutoCloseable {
    private static final Duration DELAY = Duration.ofMillis(150);
    private static final int BURST = 300;
    private static final Duration BURST_AHEAD = Duration.ofSeconds(4);
    /** A little more than Redis keeps an entry whose deadline was brought forward. */
    private static final Duration UNTIL_FORGOTTEN = Duration.ofSeconds(12);

    private static final Duration A_FEW_ROUNDS = Duration.ofSeconds(1);
    private static final String TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()";

    private final Stage stage;
    private final Traffic traffic;
    private final ConcurrentLinkedQueue<Fault> done = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Future<?>> underWay = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<String, ReentrantLock> locks = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    Injector(Stage stage, Traffic traffic) {
        this.stage = stage;
        this.traffic = traffic;
    }

    /** Breaks it, in the background. */
    void inject(Planned planned) {
        underWay.add(threads.submit(() -> {
            // One thing is broken in one way at a time, or the first to mend it would mend it for all.
            var lock = lockOf(planned.store(), planned.node());
            lock.lock();
            try {
                breakAndMend(planned);
            } finally {
                lock.unlock();
            }
            return null;
        }));
    }

    /** Waits until all is mended, and returns what was broken. */
    List<Fault> awaitMended() throws Exception {
        for (Future<?> each : underWay) {
            each.get(5, TimeUnit.MINUTES);
        }
        return List.copyOf(done);
    }

    private void breakAndMend(Planned planned) throws InterruptedException, SQLException {
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
            case POSTGRES_KILLED -> {
                stage.stores().postgres().kill();
                last(planned);
                stage.stores().postgres().start();
            }
            case POSTGRES_PAUSED -> pause(postgres(), planned);
            case BACKENDS_TERMINATED -> {
                try (var connection = stage.postgres();
                        var statement = connection.createStatement()) {
                    statement.execute(TERMINATE);
                }
            }
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
            case WIRE_DELIVERS_LATE -> deliverLate(planned);
            case EXPIRY_BURST -> burst();
        }
        if (!planned.kind().equals(Fault.Kind.REDIS_FAILED_OVER)) {
            log(planned, from);
        }
    }

    /** While Postgres runs: without it no key would be issued, and nothing be put to the test. */
    private void burst() throws InterruptedException {
        var alone = lockOf(Store.POSTGRES, Fault.ALL);
        alone.lock();
        try {
            Instant deadline = Instant.now().plus(BURST_AHEAD).truncatedTo(ChronoUnit.MILLIS);
            traffic.burst(BURST, deadline);
            Thread.sleep(Duration.between(Instant.now(), deadline.plusSeconds(1)));
        } finally {
            alone.unlock();
        }
    }

    /** What the old primary acknowledges after the replica has left it is lost. */
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

    /**
     * What a node writes arrives after another node has changed the same keys: some writes so late that Redis has
     * forgotten the later change, the others while it is still there.
     */
    private void deliverLate(Planned planned) throws InterruptedException {
        // Whatever is late must arrive, and the change before which it was sent must have been made.
        List<ReentrantLock> alone = Stream.of(
                        lockOf(null, 0),
                        lockOf(null, 1),
                        lockOf(Store.REDIS, Fault.ALL),
                        lockOf(Store.POSTGRES, Fault.ALL))
                .toList();
        alone.forEach(ReentrantLock::lock);
        try {
            int other = (planned.node() + 1) % Stage.NODES;
            wire(planned).swallow();
            traffic.overtake(planned.node(), other, Traffic.Overtaking.SHORTEN);
            Thread.sleep(UNTIL_FORGOTTEN);
            traffic.overtake(planned.node(), other, Traffic.Overtaking.REVOKE);
            // Until the feed has brought the later changes too, so that it does not repair what the earlier ones do.
            Thread.sleep(A_FEW_ROUNDS);
            wire(planned).heal();
        } finally {
            alone.forEach(ReentrantLock::unlock);
        }
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

    private ProcessHandle postgres() {
        return ProcessHandle.of(stage.stores().postgres().pid()).orElseThrow();
    }

    private TcpProxy wire(Planned planned) {
        return stage.wire(planned.node(), planned.store());
    }

    private static void last(Planned planned) throws InterruptedException {
        Thread.sleep(planned.lasting());
    }

    private void log(Planned planned, Instant from) {
        var fault = new Fault(planned.kind(), planned.store(), planned.node(), from, Instant.now());
        done.add(fault);
        System.out.printf(
                "%s %s, %d ms%n",
                from.truncatedTo(ChronoUnit.MILLIS),
                fault.title(),
                Duration.between(from, fault.to()).toMillis());
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
