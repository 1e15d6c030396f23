package io.keylapse.notice.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.notice.delivery.Outcome;
import io.keylapse.notice.delivery.Outcome.Verdict;
import io.keylapse.notice.webhook.address.VettedNames;
import io.keylapse.notice.webhook.address.VettedNames.ForbiddenAddressException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Calls webhooks: one request within 15 s in all, no redirects, no cookies, and of the answer no more than its beginning.
 * Apache's client, because it lets the very connection use an address that was vetted.
 */
@Singleton
final class WebhookClient {
    /** How long a call may take from its first look-up to the last byte of its answer. */
    static final Duration PATIENCE = Duration.ofSeconds(15);

    /** How much of an answer is kept. */
    static final int MOST_RESPONSE_BYTES = 1024;

    private static final int GONE = 410;
    private static final int HIGHEST_SECONDS_DIGITS = 9;
    /** So many that no receiver, however slow, takes the last from another. */
    private static final int CONNECTIONS = 10_000;

    private final CloseableHttpClient client;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("webhook-patience").factory());

    WebhookClient(VettedNames names) {
        Timeout patience = Timeout.of(PATIENCE);
        client = HttpClients.custom()
                .setConnectionManager(PoolingHttpClientConnectionManagerBuilder.create()
                        .setDnsResolver(names)
                        .setMaxConnPerRoute(CONNECTIONS)
                        .setMaxConnTotal(CONNECTIONS)
                        .setDefaultConnectionConfig(ConnectionConfig.custom()
                                .setConnectTimeout(patience)
                                .setSocketTimeout(patience)
                                .build())
                        .build())
                .setDefaultRequestConfig(
                        RequestConfig.custom().setResponseTimeout(patience).build())
                .setUserAgent("Keylapse-Webhooks")
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .build();
    }

    /** Makes a call, and always says what became of it. */
    Outcome post(URI url, Map<String, String> headers, String body) {
        var request = new HttpPost(url);
        headers.forEach(request::setHeader);
        request.setEntity(new StringEntity(body, ContentType.APPLICATION_JSON));
        Future<?> end = clock.schedule(request::cancel, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        var answered = new AtomicReference<@Nullable Outcome>();
        try {
            return client.execute(request, response -> {
                Outcome outcome = read(response);
                answered.set(outcome);
                return outcome;
            });
        } catch (ForbiddenAddressException e) {
            return Outcome.failed("not called: " + e.getMessage());
        } catch (IOException | RuntimeException e) {
            // What was answered counts, even if the rest of the answer took too long.
            Outcome outcome = answered.get();
            if (outcome != null) {
                return outcome;
            }
            return Outcome.failed(
                    request.isCancelled()
                            ? "no answer within " + PATIENCE.toSeconds() + " s"
                            : "no answer: " + describe(e));
        } finally {
            end.cancel(false);
        }
    }

    private static Outcome read(ClassicHttpResponse response) throws IOException {
        int status = response.getCode();
        String answer = beginning(response.getEntity());
        if (status >= 200 && status < 300) {
            return new Outcome(Verdict.DELIVERED, "delivered", status, answer, null);
        }
        if (status == GONE) {
            return new Outcome(Verdict.REFUSED, "the receiver is gone for good (410)", status, answer, null);
        }
        String words = status >= 300 && status < 400
                ? "answered " + status + "; redirects are not followed"
                : "answered " + status;
        return new Outcome(Verdict.FAILED, words, status, answer, retryAfter(response));
    }

    private static String beginning(@Nullable HttpEntity entity) throws IOException {
        if (entity == null) {
            return "";
        }
        InputStream content = entity.getContent();
        byte[] bytes = content.readNBytes(MOST_RESPONSE_BYTES);
        // What Postgres cannot store, and what a terminal would obey, is of no use to anybody.
        return new String(bytes, UTF_8).replaceAll("[\\p{Cntrl}&&[^\\n\\t]]", "?");
    }

    /** Only as seconds; a date is not worth the trouble of clocks that differ. */
    private static @Nullable Duration retryAfter(ClassicHttpResponse response) {
        var header = response.getFirstHeader("Retry-After");
        String value = header == null || header.getValue() == null ? "" : header.getValue();
        return !value.isEmpty()
                        && value.length() <= HIGHEST_SECONDS_DIGITS
                        && value.chars().allMatch(c -> c >= '0' && c <= '9')
                ? Duration.ofSeconds(Long.parseLong(value))
                : null;
    }

    private static String describe(Exception failure) {
        String message = failure.getMessage();
        return (failure instanceof SSLException ? "TLS: " : "")
                + (message == null ? failure.getClass().getSimpleName() : message);
    }

    @PreDestroy
    void stop() throws IOException {
        clock.shutdownNow();
        client.close();
    }
}
