package io.keylapse.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.simulation.world.Finding;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * All promises in random histories full of faults. {@code -Dkeylapse.simulation.seed} sets the first seed, which
 * repeats a failed history; {@code -Dkeylapse.simulation.histories} sets their number.
 */
class SimulationTest {
    private static final long SEED = Long.getLong("keylapse.simulation.seed", 1);
    private static final long HISTORIES = Long.getLong("keylapse.simulation.histories", 1_000);

    private final Simulation simulation = new Simulation();

    @Test
    void no_history_breaks_a_promise() {
        System.out.printf("%,d histories from seed %d on%n", HISTORIES, SEED);
        var counts = new TreeMap<String, Long>();

        simulation.run(SEED, HISTORIES).toList().forEach(finding -> {
            long seed = finding.seed();
            assertThat(finding.violations())
                    .as(() -> "-Dkeylapse.simulation.seed=" + seed + " -Dkeylapse.simulation.histories=1\n"
                            + String.join("\n", simulation.trace(seed).trace()))
                    .isEmpty();
            finding.counts().forEach((what, count) -> counts.merge(what, count, Long::sum));
        });

        System.out.println(counts);
        assertThat(counts)
                .containsKeys("issue", "renew", "rotate", "revoke", "change", "check", "fault", "known use")
                .containsKeys("VALID", "KEY_EXPIRED", "KEY_REVOKED", "KEY_ROTATED", "STORE_UNAVAILABLE");
    }

    @Test
    void same_seed_gives_the_same_history() {
        for (long seed = SEED; seed < SEED + 20; seed++) {
            Finding first = simulation.trace(seed);
            Finding again = simulation.trace(seed);

            assertThat(again.trace()).hasSizeGreaterThan(50).isEqualTo(first.trace());
        }
    }
}
