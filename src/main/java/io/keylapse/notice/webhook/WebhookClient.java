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
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
import org.apache.hc.core5.http.ContentLengthStrategy;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpMessage;
import org.apache.hc.core5.http.impl.DefaultContentLengthStrategy;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * HTTP client for webhooks: one request with a total timeout of 15 seconds, without redirects, proxies or cookies. A
 * response counts once its status line was read. At most 1 KiB of its body is read; if there is more, the connection is
 * closed.
 *
 * <p>It uses Apache's client, because that connects to exactly the address that {@link VettedNames} has checked.
 */
@Singleton
final class WebhookClient {
    /** The total timeout, from the DNS look-up to the last byte that is read of the response. */
    static final Duration TIMEOUT = Duration.ofSeconds(15);

    /** How long a cancelled call may take to return what it has read. */
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** A connection attempt gets a third of the timeout, so that the other addresses of a name can be tried. */
    private static final int CONNECTS = 3;

    /** High enough that slow receivers cannot use up all connections. */
    private static final int CONNECTIONS = 10_000;

    private static final TimeValue MAX_IDLE = TimeValue.ofSeconds(30);

    private static final String UNCALLABLE = "invalid";

    private final CloseableHttpClient client;
    private final Duration patience;
    /** Platform threads, because a DNS look-up pins the carrier of a virtual thread. */
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().daemon().name("webhook-", 1).factory());

    @Inject
    WebhookClient(VettedNames names) {
        this(names, TIMEOUT);
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

    /** A placeholder for a stored text that is not a URL. Calls to it are postponed until the URL is changed. */
    static URI uncallable(String text) {
        try {
            return new URI(UNCALLABLE, text.isEmpty() ? "-" : text, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("every text can be quoted, but not \"" + text + "\"", e);
        }
    }

    /** Makes a call. Failures are outcomes, not exceptions. */
    AttemptOutcome post(URI url, Map<String, String> headers, String body) {
        if (UNCALLABLE.equals(url.getScheme())) {
            return AttemptOutcome.postponed("the webhook has an invalid URL; change it");
        }
        Optional<URI> ascii = AsciiUrl.of(url);
        if (ascii.isEmpty()) {
            return AttemptOutcome.failed("not called: the URL has no valid host");
        }
        var request = new HttpPost(ascii.get());
        headers.forEach(request::setHeader);
        request.setEntity(new StringEntity(body, ContentType.APPLICATION_JSON));
        // On a thread of its own, because a DNS look-up cannot be interrupted.
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
                // Closing the response would read the rest of it. If it was read to its end, its connection is back in
                // the
                // pool already and stays open.
                request.cancel();
            }
        } catch (BrokenHeadersException e) {
            return WebhookAnswer.of(e.status());
        } catch (ForbiddenAddressException e) {
            return AttemptOutcome.failed("not called: " + e.getMessage());
        } catch (IOException | RuntimeException e) {
            return request.isCancelled() ? tooLate() : WebhookFailure.outcome(e);
        }
    }

    private AttemptOutcome tooLate() {
        return AttemptOutcome.failed("no response within " + patience.toSeconds() + " s");
    }

    /**
     * Repeats a request on a new connection if a reused connection ended before the response began: most likely the receiver
     * had closed it already. If the receiver did read the first request, it gets the notice twice, under the same id.
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

    /** The length of a body. If it is invalid, the body ends with the connection. */
    private static long length(HttpMessage answer) {
        try {
            return DefaultContentLengthStrategy.INSTANCE.determineLength(answer);
        } catch (HttpException e) {
            return ContentLengthStrategy.UNDEFINED;
        }
    }

    @PreDestroy
    void stop() throws IOException {
        threads.shutdownNow();
        client.close();
    }
}
