package io.keylapse.benchmark;

import io.keylapse.check.KeyCheck;
import io.keylapse.check.Verdict;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the time from the text of a key to its verdict, inside the JVM: for good keys in the near cache, and for
 * malformed keys. Runs on real stores, so that cache entries expire and are refreshed as in service.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgs = "--enable-native-access=ALL-UNNAMED")
public class CheckFromMemory {
    private static final int KEYS = 1 << 10;

    /** Whether uses are recorded. */
    @Param("true")
    public boolean usage;

    private final List<String> good = new ArrayList<>();
    private final List<String> malformed = new ArrayList<>();
    private Node node;
    private KeyCheck check;
    private int next;

    @Setup
    public void issue() {
        node = Node.start(Stores.shared(), Map.of("keylapse.usage.enabled", usage));
        check = node.bean(KeyCheck.class);
        for (int i = 0; i < KEYS; i++) {
            String key = node.admin()
                    .issue("{\"owner\":\"acme-corp1\",\"name\":\"n\",\"ttl\":\"P1D\",\"scopes\":[\"read\",\"write\"]}")
                    .text("key");
            good.add(key);
            char last = key.charAt(key.length() - 1);
            malformed.add(key.substring(0, key.length() - 1) + (last == 'a' ? 'b' : 'a'));
        }
    }

    @TearDown
    public void stop() {
        node.close();
    }

    @Benchmark
    public Verdict good() {
        Verdict verdict =
                check.check(good.get(next++ & KEYS - 1), List.of()).toCompletableFuture().join();
        if (!(verdict instanceof Verdict.Good)) {
            throw new IllegalStateException(verdict.toString());
        }
        return verdict;
    }

    @Benchmark
    public Verdict malformed() {
        return check.check(malformed.get(next++ & KEYS - 1), List.of())
                .toCompletableFuture()
                .join();
    }
}
