package io.keylapse.notice.webhook;

import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.webhook.StatusFirstParser.BrokenHeadersException;
import io.keylapse.notice.webhook.address.AsciiUrl;
import io.keylapse.notice.webhook.address.VettedNames;
import io.keylapse.notice.webhook.address.VettedNames.ForbiddenAddressException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls webhooks: one request within 15 s in all, no redirects, no proxies, no cookies. An answer counts once its status line
 * was read; at most 1 KiB of its body is read, and a connection on which there is more is closed. Apache's client, because
 * it lets the very connection use an address that was vetted.
 */
@Singleton
final class WebhookClient {
    /** How long a call may take from its first look-up to the last byte of its answer that is read. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(WebhookClient.class);

    /** How long a call that was cut off may take to say what it had read. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** So that addresses that do not answer leave time for others of the same name. */
    private static final int CONNECTS = 3;

    /** So many that no receiver, however slow, takes the last from another. */
    private static final int CONNECTIONS = 10_000;

    private static final TimeValue MAX_IDLE = TimeValue.ofSeconds(30);
    private static final int MAX_WORDS = 500;

    private static final String UNCALLABLE = "invalid";

    private final CloseableHttpClient client;
    private final Duration patience;
    /** Not virtual ones, because a look-up of a name holds on to what carries them. */
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("webhook-", 1).factory());

    @Inject
    WebhookClient(VettedNames names) {
        this(names, PATIENCE);
    }

    WebhookClient(DnsResolver names, Duration patience) {
        this.patience = patience;
        Timeout inAll = Timeout.of(patience);
        Timeout ofEach = Timeout.of(patience.dividedBy(CONNECTS));
        client = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(names)
                        .setMaxConnPerRoute(CONNECTIONS)
                        .setMaxConnTotal(CONNECTIONS)
                        .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                                .responseParserFactory(StatusFirstParser::new)
                                .incomingContentLengthStrategy(WebhookClient::length)
                                .build())
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(ofEach)
                                .setSocketTimeout(inAll)
                                .build())
                        .setDefaultTlsConfig(
                                TlsConfig.custom().setHandshakeTimeout(inAll).build())
                        .build())
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(ofEach)
                        .setResponseTimeout(inAll)
                        .build())
                .addExecInterceptorBefore(ChainElement.CONNECT.name(), "FRESH", WebhookClient::onFreshIfKeptFails)
                .evictIdleConnections(MAX_IDLE)
                .setUserAgent("Keylapse-Webhooks")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    /** A URL in the place of a text that is none. A call of it is put off until it is another. */
    static URI uncallable(String text) {
        try {
            return new URI(UNCALLABLE, text.isEmpty() ? "-" : text, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("every text can be quoted, but not \"" + text + "\"", e);
        }
    }

    /** Makes a call, and always says what became of it. */
    AttemptOutcome post(URI url, Map<String, String> headers, String body) {
        if (UNCALLABLE.equals(url.getScheme())) {
            return AttemptOutcome.postponed("the webhook has something that is no URL; give it another");
        }
        Optional<URI> ascii = AsciiUrl.of(url);
        if (ascii.isEmpty()) {
            return AttemptOutcome.failed("not called: the URL names no host");
        }
        var request = new HttpPost(ascii.get());
        headers.forEach(request::setHeader);
        request.setEntity(new StringEntity(body, ContentType.APPLICATION_JSON));
        // On a thread of its own, because a look-up of a name cannot be interrupted.
        Future<AttemptOutcome> call = threads.submit(() -> call(request));
        try {
            return await(call, patience)
                    .or(() -> {
                        request.cancel();
                        return await(call, GRACE);
                    })
                    .orElseGet(this::tooLate);
        } finally {
            request.cancel();
        }
    }

    private static Optional<AttemptOutcome> await(Future<AttemptOutcome> call, Duration patience) {
        try {
            return Optional.of(call.get(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private AttemptOutcome call(HttpPost request) {
        try {
            ClassicHttpResponse response = client.executeOpen(null, request, null);
            try {
                return WebhookAnswer.of(response);
            } finally {
                // Closing the response would read the rest of it. A connection whose answer was read to its end was
                // given
                // back before and is kept.
                request.cancel();
            }
        } catch (BrokenHeadersException e) {
            return WebhookAnswer.of(e.status());
        } catch (ForbiddenAddressException e) {
            return AttemptOutcome.failed("not called: " + e.getMessage());
        } catch (IOException | RuntimeException e) {
            if (request.isCancelled()) {
                return tooLate();
            }
            if (isOurs(e)) {
                LOG.warn("a webhook cannot be called, because something is wrong here", e);
                return AttemptOutcome.postponed(
                        "not called, because something is wrong here; the log of the service has more");
            }
            return AttemptOutcome.failed("no answer: " + describe(e));
        }
    }

    /** What the receiver has no part in. A name that cannot be looked up may be the fault of either side, and is not. */
    private static boolean isOurs(Exception failure) {
        String said = Objects.requireNonNullElse(failure.getMessage(), "");
        return failure instanceof RuntimeException
                || failure instanceof ConnectionRequestTimeoutException
                || said.contains("Too many open files")
                // No local port is left.
                || said.contains("Cannot assign requested address");
    }

    private AttemptOutcome tooLate() {
        return AttemptOutcome.failed("no answer within " + patience.toSeconds() + " s");
    }

    /**
     * Sends a request once more, on a connection made for it, if it went out on one that was kept and that ended before an
     * answer began: most likely the receiver had closed it already. If it had read the request after all, it gets it twice,
     * under the same id.
     */
    private static ClassicHttpResponse onFreshIfKeptFails(
            ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain) throws IOException, HttpException {
        ExecRuntime runtime = scope.execRuntime;
        ClassicHttpRequest again = ClassicRequestBuilder.copy(request).build();
        runtime.acquireEndpoint(scope.exchangeId, scope.route, null, scope.clientContext);
        boolean isKept = runtime.isEndpointConnected();
        try {
            return chain.proceed(request, scope);
        } catch (BrokenHeadersException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            if (!isKept || runtime.isExecutionAborted()) {
                throw e;
            }
            runtime.discardEndpoint();
            runtime.acquireEndpoint(scope.exchangeId, scope.route, null, scope.clientContext);
            runtime.disconnectEndpoint();
            return chain.proceed(again, scope);
        }
    }

    /** Of a body; one whose length cannot be understood is taken to end with its connection. */
    private static long length(HttpMessage answer) {
        try {
            return DefaultContentLengthStrategy.INSTANCE.determineLength(answer);
        } catch (HttpException e) {
            return ContentLengthStrategy.UNDEFINED;
        }
    }

    private static String describe(Exception failure) {
        String message = failure.getMessage();
        String words = message == null || message.isBlank() ? failure.getClass().getSimpleName() : message;
        String kind = failure instanceof SSLException
                ? "TLS: "
                : failure instanceof UnknownHostException ? "the name cannot be looked up: " : "";
        String line = WebhookAnswer.onOneLine(kind + words);
        return line.length() <= MAX_WORDS ? line : line.substring(0, MAX_WORDS) + "...";
    }

    @PreDestroy
    void stop() throws IOException {
        threads.shutdownNow();
        client.close();
    }
}
