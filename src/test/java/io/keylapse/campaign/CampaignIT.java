package io.keylapse.campaign;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.attack.kind.Attackers;
import io.keylapse.attack.wire.Attacker;
import io.keylapse.campaign.log.Attack;
import io.keylapse.campaign.log.Fault;
import io.keylapse.campaign.report.Findings;
import org.junit.jupiter.api.Test;

/** A short campaign; {@code mvn -Pcampaign verify} runs a long one. */
class CampaignIT {
    private static final int MIN_CHECKS = 2_000;
    private static final int MIN_CHANGES = 300;
    private static final int MIN_REFUSALS = 500;
    private static final int MIN_RECORDINGS = 150;
    private static final int MIN_AT_ONCE = 30;

    @Test
    void promises_are_kept_whatever_breaks() throws Exception {
        Findings findings = Campaign.of(
                        "--minutes", "1.15",
                        "--seed", System.getProperty("campaign.seed", ""),
                        "--out", "target/campaign-short")
                .run();

        assertThat(findings.faults().stream().map(Fault::kind).collect(toSet()))
                .as("every kind of fault had its turn")
                .containsExactlyInAnyOrder(Fault.Kind.values());
        assertThat(findings.attacks().stream().map(Attack::kind).collect(toSet()))
                .as("every kind of attacker had its turn")
                .containsExactlyInAnyOrderElementsOf(
                        Attackers.modest().stream().map(Attacker::name).toList());
        assertThat(findings.changes().stream().filter(change -> change.ok())).hasSizeGreaterThan(MIN_CHANGES);
        assertThat(findings.checks().stream().filter(check -> check.accepted())).hasSizeGreaterThan(MIN_CHECKS);
        assertThat(findings.checks().stream().filter(check -> check.refused())).hasSizeGreaterThan(MIN_REFUSALS);
        assertThat(findings.recordingLags()).hasSizeGreaterThan(MIN_RECORDINGS);
        assertThat(findings.mostEndingsAtOnce()).isGreaterThan(MIN_AT_ONCE);
        assertThat(findings.keysLost())
                .as("keys that Postgres lost with its history")
                .isPositive();
        assertThat(findings.violations()).as("seed " + findings.seed()).isEmpty();
    }
}
