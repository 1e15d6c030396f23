package io.keylapse.http.gateway.tls;

import io.keylapse.background.BackgroundLoop;
import io.keylapse.background.LoopRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.scheduling.TaskExecutors;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
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
 * The certificate of the gateway port and the gRPC port, and the CAs of their clients. The files are read every 2 seconds. New connections get
 * what the files hold now; open ones keep what they began with. If new files cannot be used, the previous certificate stays.
 */
@Singleton
public final class GatewayTls {
    private static final Logger LOG = LoggerFactory.getLogger(GatewayTls.class);
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration BOUND = Duration.ofMinutes(1);

    private static final ApplicationProtocolConfig HTTP_2 = new ApplicationProtocolConfig(
            ApplicationProtocolConfig.Protocol.ALPN,
            ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
            ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
            ApplicationProtocolNames.HTTP_2);

    private final TlsSettings settings;
    private final ExecutorService threads;
    private final HandshakeFailures failures;
    private final @Nullable BackgroundLoop loop;
    private volatile @Nullable Served served;
    private volatile boolean rejected;
    private TlsFiles seen;
    private TlsFiles judged;

    private record Served(SslContext context, SslContext http2, X509Certificate certificate) {}

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
        connection
                .pipeline()
                .addLast("tls", now().context.newHandler(connection.alloc(), threads))
                .addLast("tls-failures", failures);
    }

    /** The same certificate and CAs for HTTP/2, renewed in the same way. */
    public SslContext forHttp2() {
        return new CurrentSslContext(() -> now().http2);
    }

    private Served now() {
        Served now = served;
        if (now == null) {
            throw new IllegalStateException("the gateway port has no certificate");
        }
        return now;
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
        try {
            return new Served(
                    context(identity).build(),
                    context(identity)
                            .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                            .applicationProtocolConfig(HTTP_2)
                            .build(),
                    identity.chain().getFirst());
        } catch (SSLException e) {
            throw new IllegalArgumentException("keylapse.gateway.tls.certificate cannot be used: " + e.getMessage(), e);
        }
    }

    private static SslContextBuilder context(TlsFiles.Identity identity) {
        SslContextBuilder context = SslContextBuilder.forServer(identity.key(), identity.chain())
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2");
        if (!identity.clientCas().isEmpty()) {
            context.trustManager(identity.clientCas()).clientAuth(ClientAuth.REQUIRE);
        }
        return context;
    }

    @PreDestroy
    void stop() throws InterruptedException {
        if (loop != null) {
            loop.stop();
        }
    }
}
