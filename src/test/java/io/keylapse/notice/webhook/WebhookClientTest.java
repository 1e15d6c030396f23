package io.keylapse.notice.webhook;

import static io.keylapse.harness.CloseAfterTests.register;
import static io.keylapse.notice.webhook.RawReceiver.reset;
import static io.keylapse.notice.webhook.RawReceiver.write;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.notice.delivery.AttemptOutcome;
import io.keylapse.notice.delivery.AttemptOutcome.Verdict;
import java.io.IOException;
import java.net.IDN;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes that are sent to a receiver, and how its responses are judged. */
@NullUnmarked
class WebhookClientTest {
    private static final String NO_CONTENT = "HTTP/1.1 204 No Content\r\n\r\n";
    private static final Duration SHORT = Duration.ofMillis(1500);

    /** Shared, because clients are slow to create. */
    private static final WebhookClient PATIENT =
            new WebhookClient(SystemDefaultDnsResolver.INSTANCE, Duration.ofSeconds(30));

    private static final WebhookClient IMPATIENT = new WebhookClient(SystemDefaultDnsResolver.INSTANCE, SHORT);

    static {
        register(PATIENT::stop);
        register(IMPATIENT::stop);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/ünï?q=ä&r=€ | /%C3%BCn%C3%AF?q=%C3%A4&r=%E2%82%AC",
                "/u\u0308 | /u%CC%88",
                "/\uD83D\uDE00 | /%F0%9F%98%80",
                "/\u00AD | /%C2%AD",
                "/%C3%BC/a%20b%2f | /%C3%BC/a%20b%2f",
                "/a+b;c=d?e=f+g?h/[i] | /a+b;c=d?e=f+g?h/[i]",
                "//a/../b/ | //a/../b/",
                "'' | /",
                "?x=1 | /?x=1"
            })
    void url_beyond_ascii_is_called_as_percent_encoded_utf8(String given, String sent) {
        RawReceiver receiver = register(RawReceiver.answering(NO_CONTENT));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver) + given), headers("1"), "{}");

        assertThat(outcome.verdict()).as(outcome.words()).isEqualTo(Verdict.DELIVERED);
        assertThat(receiver.requests().getFirst().target()).isEqualTo(sent);
        assertThat(receiver.requests().getFirst().header("Host")).isEqualTo("127.0.0.1:" + receiver.port());
    }

    @ParameterizedTest
    @CsvSource({
        "bücher.example, xn--bcher-kva.example",
        "BÜCHER.example, xn--bcher-kva.example",
        "bu\u0308cher\u3002example, xn--bcher-kva.example",
        "例え.example, xn--r8jz45g.example",
        "Plain.Example, plain.example",
        "[2606:4700::1111], [2606:4700::1111]"
    })
    void host_beyond_ascii_is_looked_up_and_named_as_idna_has_it(String given, String sent) {
        RawReceiver receiver = register(RawReceiver.answering(NO_CONTENT));
        var lookedUp = new CopyOnWriteArrayList<String>();
        WebhookClient client = client(host -> {
            // Like the JDK's resolver, with the name that Apache's client has decoded.
            lookedUp.add(IDN.toASCII(host).toLowerCase(Locale.ROOT));
            return new InetAddress[] {InetAddress.getLoopbackAddress()};
        });

        AttemptOutcome outcome =
                client.post(URI.create("http://" + given + ":" + receiver.port() + "/"), headers("1"), "{}");

        assertThat(outcome.verdict()).as(outcome.words()).isEqualTo(Verdict.DELIVERED);
        assertThat(lookedUp).containsExactly(sent);
        assertThat(receiver.requests().getFirst().header("Host")).isEqualToIgnoringCase(sent + ":" + receiver.port());
    }

    @Test
    void neither_user_nor_fragment_is_sent() {
        RawReceiver receiver = register(RawReceiver.answering(NO_CONTENT));

        PATIENT.post(URI.create(url(receiver).replace("//", "//user:secret@") + "/a#b"), headers("1"), "{}");

        assertThat(receiver.requests().getFirst().target()).isEqualTo("/a");
        assertThat(receiver.requests().getFirst().head())
                .doesNotContainIgnoringCase("user:", "secret", "authorization");
    }

    @Test
    void compressed_answers_are_neither_asked_for_nor_unpacked() {
        RawReceiver receiver = register(
                RawReceiver.answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertThat(receiver.requests().getFirst().header("Accept-Encoding")).isNull();
        assertThat(outcome.response()).isEqualTo("abc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off",
                "HTTP/1.1 200 OK\r\nContent-Length: none\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: secret\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=!?\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nContent-Type: ;;charset\r\n\r\nab",
                "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\u0000\u00FF\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Type: half a hea",
                "HTTP/1.1 200 OK\r\n",
                "HTTP/1.1 200\r\n\r\n",
                "HTTP/1.0 200 OK\n\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"
            })
    void success_counts_once_its_status_line_was_read(String answer) {
        var isReset = new AtomicBoolean();
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            write(socket, answer);
            if (isReset.get()) {
                reset(socket);
            } else {
                socket.close();
            }
        }));
        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));
        isReset.set(true);
        // A reset may overtake the bytes sent before, so the status line may not arrive.
        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("2"), "{}");
        assertThat(outcome.status() == null || outcome.verdict() == Verdict.DELIVERED)
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\n",
                "HTTP/1.1 200 OK\r\nX-Endless: a",
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome",
                "HTTP/1.1 200 OK\r\n\r\nsome"
            })
    void success_counts_although_the_receiver_never_ends_its_answer(String answer) {
        var over = new CountDownLatch(1);
        register(over::countDown);
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            write(socket, answer);
            over.await();
        }));

        AttemptOutcome outcome = IMPATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertDelivered(outcome);
        assertThat(outcome.response()).isEqualTo(answer.endsWith("some") ? "some" : "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX-Endless: ",
                "HTTP/1.1 200 OK\r\n"
            })
    void endless_answer_is_dropped_at_once(String beginning) {
        var sent = new AtomicLong();
        var isDropped = new CountDownLatch(1);
        String more = beginning.endsWith("OK\r\n") ? "A: b\r\n".repeat(1000) : "x".repeat(6000);
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            try {
                write(socket, beginning);
                while (sent.get() < 200_000_000) {
                    write(socket, more);
                    sent.addAndGet(more.length());
                }
            } finally {
                isDropped.countDown();
            }
        }));

        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));

        await().atMost(10, SECONDS).until(() -> isDropped.getCount() == 0);
        assertThat(sent.get()).as("bytes that the receiver could send").isLessThan(100_000_000);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "HTTP/1.1 2", "HTTP/1.1 99999 OK\r\n\r\n", "garbage\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"
            })
    void answer_without_a_status_line_is_none(String answer) {
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            write(socket, answer);
            socket.close();
        }));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertThat(outcome.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(receiver.requests())
                .as("a fresh connection is not tried twice")
                .hasSize(1);
    }

    @Test
    void status_line_410_counts_even_if_the_rest_of_the_response_is_missing() {
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            write(socket, "HTTP/1.1 410 Gone\r\nContent-Length: 100\r\n\r\n");
            socket.close();
        }));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertThat(outcome.verdict()).isEqualTo(Verdict.REFUSED);
        assertThat(outcome.status()).isEqualTo(410);
    }

    @Test
    void receiver_may_close_each_connection_without_a_word() {
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            write(socket, NO_CONTENT);
            socket.close();
        }));

        for (int i = 0; i < 10; i++) {
            assertDelivered(PATIENT.post(URI.create(url(receiver)), headers(Integer.toString(i)), "{}"));
        }

        assertThat(receiver.requests()).hasSize(10);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void kept_connection_that_ends_without_an_answer_is_tried_once_more_on_a_fresh_one(boolean byReset) {
        RawReceiver receiver = register(new RawReceiver((request, socket) -> {
            if (request.connection() > 1 || request.header("webhook-id").equals("1")) {
                write(socket, NO_CONTENT);
            } else if (byReset) {
                reset(socket);
            } else {
                socket.close();
            }
        }));
        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));

        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("2"), "{}"));

        assertThat(receiver.requests())
                .extracting(each -> each.connection() + ":" + each.header("webhook-id"))
                .containsExactly("1:1", "1:2", "2:2");
    }

    @Test
    void other_kept_connections_are_not_taken_for_fresh_ones() {
        var both = new CountDownLatch(2);
        RawReceiver receiver = register(new RawReceiver((request, socket) -> {
            if (request.header("webhook-id").equals("warm")) {
                both.countDown();
                both.await();
                write(socket, NO_CONTENT);
            } else if (request.connection() <= 2) {
                socket.close();
            } else {
                write(socket, NO_CONTENT);
            }
        }));
        Supplier<AttemptOutcome> warm = () -> PATIENT.post(URI.create(url(receiver)), headers("warm"), "{}");
        var first = CompletableFuture.supplyAsync(warm, Thread::startVirtualThread);
        var second = CompletableFuture.supplyAsync(warm, Thread::startVirtualThread);
        assertDelivered(first.join());
        assertDelivered(second.join());

        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("next"), "{}"));

        assertThat(receiver.connections()).isEqualTo(3);
    }

    @Test
    void receiver_that_closes_the_fresh_connection_too_has_failed() {
        RawReceiver receiver = register(new RawReceiver((request, socket) -> {
            if (request.header("webhook-id").equals("1")) {
                write(socket, NO_CONTENT);
            } else {
                socket.close();
            }
        }));
        assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("2"), "{}");

        assertThat(outcome.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(receiver.requests())
                .extracting(each -> each.connection() + ":" + each.header("webhook-id"))
                .containsExactly("1:1", "1:2", "2:2");
    }

    @Test
    void connection_is_kept_for_the_next_call() {
        RawReceiver receiver = register(RawReceiver.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));

        for (int i = 0; i < 3; i++) {
            assertDelivered(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));
        }

        assertThat(receiver.connections()).isEqualTo(1);
    }

    @Test
    void call_ends_in_time_although_the_receiver_sends_a_byte_now_and_then() {
        var over = new CountDownLatch(1);
        register(over::countDown);
        RawReceiver receiver = register(new RawReceiver((_, socket) -> {
            for (int i = 0; !over.await(100, MILLISECONDS); i++) {
                write(socket, i == 0 ? "HTTP/1.1 2" : "0");
            }
        }));

        AttemptOutcome outcome = IMPATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertThat(outcome.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(outcome.words()).startsWith("no response within");
        assertThat(WebhookClient.TIMEOUT).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void call_ends_in_time_although_a_name_is_not_looked_up_in_time() {
        var over = new CountDownLatch(1);
        register(over::countDown);
        WebhookClient client = client(
                host -> {
                    awaitUninterruptibly(over);
                    throw new UnknownHostException(host);
                },
                SHORT);

        AttemptOutcome outcome = client.post(URI.create("http://slow.example/"), headers("1"), "{}");

        assertThat(over.getCount()).as("the look-up is still under way").isEqualTo(1);
        assertThat(outcome.words()).startsWith("no response within");
    }

    @Test
    void call_ends_in_time_although_tls_is_never_agreed_on() {
        var server = silent(1);

        AttemptOutcome outcome =
                IMPATIENT.post(URI.create("https://127.0.0.1:" + server.getLocalPort() + "/"), headers("1"), "{}");

        assertThat(outcome.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(outcome.words()).startsWith("no response within");
    }

    @Test
    void address_that_does_not_answer_leaves_time_for_the_next() throws IOException {
        RawReceiver receiver = register(RawReceiver.answering(NO_CONTENT));
        InetAddress dead = InetAddress.getByName("127.0.0.2");
        var full = new ServerSocket(receiver.port(), 1, dead);
        register(full);
        for (int i = 0; i < 3; i++) {
            var socket = new Socket();
            register(socket);
            Thread.startVirtualThread(() -> {
                try {
                    socket.connect(full.getLocalSocketAddress());
                } catch (IOException e) {
                    // Closed at the end of the test.
                }
            });
        }
        WebhookClient client =
                client(_ -> new InetAddress[] {dead, InetAddress.getLoopbackAddress()}, Duration.ofSeconds(6));

        assertDelivered(client.post(URI.create("http://two.example:" + receiver.port() + "/"), headers("1"), "{}"));
    }

    @Test
    void proxies_of_the_jvm_are_not_used() throws IOException {
        RawReceiver receiver = register(RawReceiver.answering(NO_CONTENT));
        var proxy = silent(50);
        Map<String, String> properties = Map.of(
                "http.proxyHost",
                "127.0.0.1",
                "http.proxyPort",
                Integer.toString(proxy.getLocalPort()),
                "http.nonProxyHosts",
                "");
        properties.forEach(System::setProperty);
        try {
            assertDelivered(IMPATIENT.post(URI.create(url(receiver)), headers("1"), "{}"));
        } finally {
            properties.keySet().forEach(System::clearProperty);
        }
    }

    @Test
    void words_of_a_receiver_are_kept_on_one_line_without_control_characters() {
        String body = "\r\n \u001b[31mdown\u0000\u0007 \u00c2\u009b1m for\r\n\trepairs \u00e2\u0080\u00ae!\u00e2\u0082";
        RawReceiver receiver = register(
                RawReceiver.answering("HTTP/1.1 503 X\r\nContent-Length: " + body.length() + "\r\n\r\n" + body));

        AttemptOutcome outcome = PATIENT.post(URI.create(url(receiver)), headers("1"), "{}");

        assertThat(outcome.response()).isEqualTo("?[31mdown?? ?1m for repairs ?!\uFFFD");
    }

    @Test
    void words_of_a_receiver_are_read_in_the_encoding_that_it_names() {
        RawReceiver receiver = register(RawReceiver.answering(
                "HTTP/1.1 503 X\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Length: 2\r\n\r\n\u00fc!"));

        assertThat(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}").response())
                .isEqualTo("ü!");
    }

    @Test
    void receiver_that_asks_for_patience_by_a_date_is_understood() {
        RawReceiver receiver = register(RawReceiver.answering(String.join(
                "\r\n",
                "HTTP/1.1 503 X",
                "Date: Sun, 06 Nov 1994 08:49:37 GMT",
                "Retry-After: Sun, 06 Nov 1994 09:49:37 GMT",
                "Content-Length: 0",
                "",
                "")));

        assertThat(PATIENT.post(URI.create(url(receiver)), headers("1"), "{}").retryAfter())
                .isEqualTo(Duration.ofHours(1));
    }

    private static void assertDelivered(AttemptOutcome outcome) {
        assertThat(outcome.verdict()).as(outcome.toString()).isEqualTo(Verdict.DELIVERED);
    }

    /** A port that accepts connections and never responds. */
    private ServerSocket silent(int backlog) {
        try {
            return register(new ServerSocket(0, backlog, InetAddress.getLoopbackAddress()));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private WebhookClient client(LookUp names) {
        return client(names, Duration.ofSeconds(30));
    }

    private WebhookClient client(LookUp names, Duration patience) {
        var client = new WebhookClient(
                new DnsResolver() {
                    @Override
                    public InetAddress[] resolve(String host) throws UnknownHostException {
                        return names.resolve(host);
                    }

                    @Override
                    public String resolveCanonicalHostname(String host) {
                        return host;
                    }
                },
                patience);
        register(client::stop);
        return client;
    }

    private interface LookUp {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    private static String url(RawReceiver receiver) {
        return "http://127.0.0.1:" + receiver.port();
    }

    private static Map<String, String> headers(String id) {
        return Map.of("webhook-id", id);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            var _ = latch.await(10, SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
