package io.keylapse.campaign;

import io.keylapse.attack.kind.Attackers;
import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Tally;
import io.keylapse.campaign.Schedule.PlannedAttack;
import io.keylapse.campaign.log.Attack;
import io.keylapse.campaign.stage.Stage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Runs the planned attacks one after the other, and logs each. */
final class Attacks implements AutoCloseable {
    private static final Duration END_BOUND = Duration.ofSeconds(15);

    private final Stage stage;
    private final Map<String, Attacker> attackers =
            Attackers.modest().stream().collect(Collectors.toMap(Attacker::name, Function.identity()));
    private final ConcurrentLinkedQueue<Attack> done = new ConcurrentLinkedQueue<>();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final Thread thread;

    /** Starts immediately; planned instants are relative to now. */
    Attacks(Stage stage, List<PlannedAttack> planned) {
        this.stage = stage;
        this.thread = Thread.ofPlatform().name("attacks").start(() -> carryOut(planned));
    }

    private void carryOut(List<PlannedAttack> planned) {
        Instant start = Instant.now();
        try {
            for (PlannedAttack each : planned) {
                Duration left = Duration.between(Instant.now(), start.plus(each.at()));
                Thread.sleep(left.isNegative() ? Duration.ZERO : left);
                Instant from = Instant.now();
                var address = new InetSocketAddress(
                        InetAddress.getLoopbackAddress(),
                        stage.service(each.node()).port());
                Tally tally = attackers.get(each.kind()).attack(address, each.lasting());
                done.add(new Attack(each.kind(), each.node(), from, Instant.now(), tally));
            }
            end.complete(null);
        } catch (InterruptedException | RuntimeException e) {
            end.completeExceptionally(e);
        }
    }

    /** Waits until the last attack has ended, and returns all. */
    List<Attack> awaitEnd() throws ExecutionException, InterruptedException, TimeoutException {
        end.get(END_BOUND.toSeconds(), TimeUnit.SECONDS);
        return List.copyOf(done);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
