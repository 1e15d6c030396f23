package io.keylapse.notice.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.AttemptOutcome.Verdict;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is at fault if a call ended without a response, and what the log of attempts says. */
class WebhookFailureTest {
    static Stream<Exception> ours() {
        return Stream.of(
                new IllegalStateException("a fault"),
                new ConnectionRequestTimeoutException("no connection became free"),
                new SocketException("Too many open files"),
                new SocketException("Cannot assign requested address"));
    }

    @ParameterizedTest
    @MethodSource("ours")
    void a_fault_of_keylapse_does_not_count_towards_giving_up_and_is_not_shown(Exception failure) {
        assertThat(WebhookFailure.outcome(failure))
                .isEqualTo(AttemptOutcome.postponed("not called because of a fault in Keylapse; see its log"));
    }

    static Stream<Arguments> theirs() {
        return Stream.of(
                Arguments.of(new SocketTimeoutException("Read timed out"), "no response: Read timed out"),
                Arguments.of(
                        new UnknownHostException("example.com: Name or service not known"),
                        "no response: DNS look-up failed: example.com: Name or service not known"),
                Arguments.of(
                        new SSLHandshakeException("PKIX path\nbuilding failed"),
                        "no response: TLS: PKIX path building failed"),
                Arguments.of(new IOException(), "no response: IOException"),
                Arguments.of(new IOException(" "), "no response: IOException"));
    }

    @ParameterizedTest
    @MethodSource("theirs")
    void a_failure_of_the_receiver_counts_and_is_described_in_one_line(Exception failure, String words) {
        assertThat(WebhookFailure.outcome(failure)).isEqualTo(AttemptOutcome.failed(words));
    }

    @Test
    void a_long_description_is_cut() {
        AttemptOutcome outcome = WebhookFailure.outcome(new IOException("x".repeat(501)));
        assertThat(outcome.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(outcome.words()).isEqualTo("no response: " + "x".repeat(500) + "...");
    }
}
