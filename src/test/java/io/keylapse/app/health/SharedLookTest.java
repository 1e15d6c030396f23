package io.keylapse.app.health;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedLookTest {
    private final AtomicInteger looks = new AtomicInteger();
    private final Semaphore mayEnd = new Semaphore(0);
    private final SharedLook<Integer> look = new SharedLook<>(() -> {
        int number = looks.incrementAndGet();
        mayEnd.acquireUninterruptibly();
        return number;
    });

    @Test
    void all_who_ask_during_a_look_share_the_next_one() throws InterruptedException {
        Thread first = Thread.ofVirtual().start(look::take);
        await().atMost(10, SECONDS).until(() -> looks.get() == 1);
        Queue<Integer> seen = new ConcurrentLinkedQueue<>();
        List<Thread> others = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            others.add(Thread.ofVirtual().start(() -> seen.add(look.take())));
        }
        await().atMost(10, SECONDS)
                .until(() -> others.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
        mayEnd.release(2);
        first.join();
        for (Thread other : others) {
            other.join();
        }
        assertThat(seen).hasSize(50).containsOnly(2);
        assertThat(looks).hasValue(2);
    }

    @Test
    void no_caller_gets_a_result_from_before_its_call() {
        mayEnd.release(2);
        assertThat(look.take()).isEqualTo(1);
        assertThat(look.take()).isEqualTo(2);
    }

    @Test
    void a_look_that_fails_is_not_shared_and_the_next_one_is_taken() {
        var failing = new SharedLook<>(() -> {
            if (looks.incrementAndGet() == 1) {
                throw new IllegalStateException("no");
            }
            return looks.get();
        });
        assertThatIllegalStateException().isThrownBy(failing::take);
        assertThat(failing.take()).isEqualTo(2);
    }
}
