package io.keylapse.http.gateway.tls;

import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.scheduling.TaskExecutors;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate of the gateway port, and the CAs of its clients. The files are read every 2 seconds. New connections get
 * what the files hold now; open ones keep what they began with. If new files cannot be used, the previous certificate stays.
 */
@Singleton
public final class GatewayTls {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayTls.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration BOUND = Duration.ofMinutes(1);

    private final TlsSettings settings;
    private final ExecutorService threads;
    private final HandshakeFailures failures;
    private final @Nullable BackgroundLoop loop;
    private volatile @Nullable Served served;
    private volatile boolean rejected;
    private TlsFiles seen;
    private TlsFiles judged;

    private record Served(SslContext context, X509Certificate certificate) {}

    GatewayTls(
            TlsSettings settings,
            LoopRegistry loops,
            MeterRegistry meters,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.settings = settings;
        this.threads = threads;
        this.failures = new HandshakeFailures(meters.counter("keylapse.gateway.tls.handshakes.failed"));
        this.seen = TlsFiles.read(settings);
        this.judged = seen;
        if (settings.certificate() == null) {
            this.loop = null;
            return;
        }
        this.served = served(seen);
        Gauge.builder("keylapse.gateway.tls.rejected", this, tls -> tls.rejected ? 1 : 0)
                .description("1 while the files of the gateway port's certificate cannot be used")
                .register(meters);
        this.loop = loops.startAfter(PAUSE, "gateway-tls", PAUSE, BOUND, this::look);
    }

    /** Whether the gateway port has a certificate of its own. */
    public boolean isOn() {
        return served != null;
    }

    /** Adds TLS to a new connection. The handshake computes on other threads than the one that serves connections. */
    public void encrypt(Channel connection) {
        Served now = served;
        if (now == null) {
            throw new IllegalStateException("the gateway port has no certificate");
        }
        connection
                .pipeline()
                .addLast("tls", now.context.newHandler(connection.alloc(), threads))
                .addLast("tls-failures", failures);
    }

    /** What is wrong with the certificate, and what to do, if anything is. It names no file. */
    public Optional<String> complaint() {
        Served now = served;
        if (rejected) {
            return Optional.of(
                    "the new certificate of the gateway port cannot be used, so the previous one still is; the log"
                            + " says why");
        }
        return now == null || isValid(now.certificate)
                ? Optional.empty()
                : Optional.of("the certificate of the gateway port has expired or is not valid yet; renew the file that"
                        + " KEYLAPSE_GATEWAY_TLS_CERTIFICATE names");
    }

    private static boolean isValid(X509Certificate certificate) {
        try {
            certificate.checkValidity();
            return true;
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            return false;
        }
    }

    /** Uses new files once two reads in a row have found the same, because a renewal writes them one after the other. */
    private void look() {
        TlsFiles now = TlsFiles.read(settings);
        if (now.equals(seen) && !now.equals(judged)) {
            judged = now;
            judge(now);
        }
        seen = now;
    }

    private void judge(TlsFiles files) {
        try {
            served = served(files);
            rejected = false;
            LOG.info("new connections to the gateway port get the certificate that is in its file now");
        } catch (IllegalArgumentException e) {
            rejected = true;
            LOG.warn("the gateway port keeps its previous certificate: {}", e.getMessage());
        }
    }

    private static Served served(TlsFiles files) {
        TlsFiles.Identity identity = files.parse();
        SslContextBuilder context = SslContextBuilder.forServer(identity.key(), identity.chain())
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2");
        if (!identity.clientCas().isEmpty()) {
            context.trustManager(identity.clientCas()).clientAuth(ClientAuth.REQUIRE);
        }
        try {
            return new Served(context.build(), identity.chain().getFirst());
        } catch (SSLException e) {
            throw new IllegalArgumentException("keylapse.gateway.tls.certificate cannot be used: " + e.getMessage(), e);
        }
    }

    @PreDestroy
    void stop() throws InterruptedException {
        if (loop != null) {
            loop.stop();
        }
    }
}
