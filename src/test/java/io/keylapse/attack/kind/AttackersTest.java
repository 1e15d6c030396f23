package io.keylapse.attack.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.keylapse.attack.wire.Attacker;
import io.keylapse.attack.wire.Tally;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class AttackersTest {
    private static final Duration ATTACK = Duration.ofMillis(300);
    private static final Duration GENEROUS = Duration.ofSeconds(30);

    @Test
    void attackers_end_by_themselves_when_the_server_does_not_accept_read_or_answer() throws Exception {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), silent.getLocalPort());
            var attacks = Attackers.modest().stream()
                    .<Callable<Tally>>map(attacker -> () -> attacker.attack(address, ATTACK))
                    .toList();
            for (Future<Tally> each : assertTimeoutPreemptively(GENEROUS, () -> threads.invokeAll(attacks))) {
                assertThat(each.get().opened()).isPositive();
            }
        }
    }

    @Test
    void all_attackers_together_leave_most_of_the_connections_to_others() {
        assertThat(Attackers.all().stream().mapToInt(Attacker::connections).sum())
                .isLessThan(2_000);
    }
}
