package io.keylapse.attack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A short attack; {@code mvn -Pattack verify} runs a long one. */
class AttackIT {
    @Test
    void good_keys_are_checked_and_memory_comes_back_whatever_hostile_clients_do() throws Exception {
        Findings findings = Attack.of("--minutes", "0.33", "--together", "modest", "--out", "target/attack-short")
                .run();

        assertThat(findings.broken()).isEmpty();
    }
}
