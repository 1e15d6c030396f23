package io.keylapse.active.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import java.security.cert.CertPathBuilderException;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

class RedisUnavailableExceptionTest {
    @Test
    void a_failed_connection_is_reported_with_its_root_cause() {
        var beneath = new CertPathBuilderException("unable to find valid certification path");
        var handshake = new SSLHandshakeException("PKIX path building failed", beneath);
        var failure = new RedisConnectionException("Unable to connect to redis:6379", handshake);
        assertThat(RedisUnavailableException.inWords(new CompletionException(failure)))
                .isEqualTo("Unable to connect to redis:6379: unable to find valid certification path");
    }

    @Test
    void a_cause_that_the_message_already_contains_is_not_repeated() {
        var refused = new RedisConnectionException("Connection refused", new IllegalStateException("refused"));
        assertThat(RedisUnavailableException.inWords(refused)).isEqualTo("Connection refused");
        assertThat(RedisUnavailableException.inWords(new RedisCommandTimeoutException("after 250 ms")))
                .isEqualTo("it did not answer in time");
    }
}
