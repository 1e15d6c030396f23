package io.keylapse.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.http.gateway.RawConnection;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How much of a request's body is read, and when. */
class RequestBodiesIT {
    private static final String ADMIN = "Authorization: Bearer " + Node.ADMIN_KEY;
    private static final int LARGEST = 2 * 1024 * 1024;
    private static final long MEBIBYTE = 1024 * 1024;

    private static final Node node = Node.start().awaitRedisFollowed();
    private static final Client admin = node.admin();

    private final List<RawConnection> uploads = new ArrayList<>();

    @AfterEach
    void hangUp() throws IOException {
        for (RawConnection upload : uploads) {
            upload.close();
        }
    }

    @Test
    void callers_who_are_refused_have_none_of_their_uploads_buffered() throws IOException {
        assertThat(checkOfAMebibyte().status()).isEqualTo(200);
        long before = directMemory();
        for (int i = 0; i < 160; i++) {
            switch (i % 4) {
                case 0 -> upload("/v1/self/renew", LARGEST);
                case 1 -> upload("/introspect/", LARGEST, "Content-Type: application/x-www-form-urlencoded");
                case 2 -> upload("/v1/checks", LARGEST, "Authorization: Bearer klmgmt_guessed");
                default -> upload("/v1/keys", LARGEST, "Content-Encoding: gzip");
            }
            if (i % 40 == 39) {
                assertThat(checkOfAMebibyte().status()).isEqualTo(200);
            }
        }
        assertThat(directMemory() - before).as("bytes of direct memory").isLessThan(48 * MEBIBYTE);
        assertThat(buffered("small") + buffered("large")).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/keys, 65537",
        "/v1/keys/, 65537",
        "/v1/keys/lookup, 2000000",
        "/introspect, 65537",
        "/v1/checks, 2097153",
        "/v1/keys:batch, 2097153",
        "/v1/keys, 999999999999"
    })
    void length_beyond_the_limit_is_refused_before_a_byte_of_the_body_is_sent(String path, long length)
            throws IOException {
        String type = path.equals("/introspect")
                ? "Content-Type: application/x-www-form-urlencoded"
                : "Content-Type: application/json";
        for (String more : List.of("X: y", "Expect: 100-continue")) {
            try (var connection = new RawConnection(node)) {
                Answer answer = connection
                        .request("POST", path, ADMIN, type, "Content-Length: " + length, more)
                        .answer();
                assertThat(answer.status()).as(answer.body()).isEqualTo(413);
                assertThat(answer.text("code")).isEqualTo("BODY_TOO_LARGE");
            }
            try (var connection = new RawConnection(node)) {
                assertThat(connection
                                .request("POST", path, type, "Content-Length: " + length, more)
                                .answer()
                                .status())
                        .isEqualTo(401);
            }
        }
    }

    @Test
    void body_that_is_announced_with_expect_is_asked_for_once_the_caller_is_let_in() throws IOException {
        try (var connection = new RawConnection(node)) {
            String body = "{\"key\":\"x\"}";
            assertThat(connection
                            .request(
                                    "POST",
                                    "/v1/keys/lookup",
                                    ADMIN,
                                    "Content-Length: " + body.length(),
                                    "Expect: 100-continue")
                            .answer()
                            .status())
                    .isEqualTo(100);
            assertThat(connection.send(body).answer().status()).isEqualTo(404);
        }
    }

    @Test
    void batch_in_chunks_is_read_to_its_limit_and_no_further() throws IOException {
        assertThat(chunked("/v1/checks", checks(LARGEST - 100)).status()).isEqualTo(200);
        assertThat(chunked("/v1/checks", checks(LARGEST + 1)).text("code")).isEqualTo("BODY_TOO_LARGE");
        assertThat(chunked("/v1/keys/lookup", " ".repeat(65_537)).text("code")).isEqualTo("BODY_TOO_LARGE");
        assertThat(chunked("/v1/keys/lookup", "{\"key\":\"x\"}" + " ".repeat(65_525))
                        .status())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "GZIP", "deflate", "identity"})
    void encoded_body_is_read(String encoding) throws IOException {
        byte[] wish = "{\"owner\":\"owner-%s\",\"ttl\":\"PT1H\"}"
                .formatted(UUID.randomUUID())
                .getBytes(UTF_8);
        assertThat(encoded("/v1/keys", encoding, wish).status()).isEqualTo(201);
    }

    @Test
    void limit_holds_for_what_an_encoded_body_becomes() throws IOException {
        assertThat(encoded("/v1/keys", "gzip", " ".repeat(65_537).getBytes(UTF_8))
                        .text("code"))
                .isEqualTo("BODY_TOO_LARGE");
        assertThat(encoded("/v1/keys", "deflate", new byte[64 * (int) MEBIBYTE]).text("code"))
                .isEqualTo("BODY_TOO_LARGE");
        assertThat(encoded("/v1/checks", "gzip", checks(LARGEST - 100).getBytes(UTF_8))
                        .status())
                .isEqualTo(200);
        assertThat(encoded("/v1/checks", "gzip", new byte[64 * (int) MEBIBYTE]).text("code"))
                .isEqualTo("BODY_TOO_LARGE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "snappy", "compress", "gzip, gzip", "x"})
    void body_that_is_not_what_its_encoding_says_is_refused(String encoding) {
        Answer answer = admin.post("/v1/keys", "{\"owner\":\"o\",\"ttl\":\"PT1H\"}", "Content-Encoding", encoding);
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("body");
    }

    @Test
    void encoded_body_that_ends_too_early_is_refused() throws IOException {
        byte[] whole = compressed("gzip", "{\"owner\":\"o\",\"ttl\":\"PT1H\"}".getBytes(UTF_8));
        Answer answer = admin.sendBytes(
                "POST",
                "/v1/keys",
                Arrays.copyOf(whole, whole.length - 12),
                "Content-Type",
                "application/json",
                "Content-Encoding",
                "gzip");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("body");
    }

    @Test
    void more_bodies_than_there_is_room_for_are_refused_and_small_ones_are_not() throws IOException {
        for (int i = 0; i < 16; i++) {
            upload("/v1/checks", LARGEST, ADMIN);
        }
        await().atMost(20, SECONDS).until(() -> buffered("large") == 16 * (LARGEST - 1));

        Answer refused = checkOfAMebibyte();
        assertThat(refused.status()).as(refused.body()).isEqualTo(503);
        assertThat(refused.text("code")).isEqualTo("TOO_MANY_BODIES");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(node.bean(MeterRegistry.class)
                        .get("keylapse.http.bodies.refused")
                        .tag("size", "large")
                        .counter()
                        .count())
                .isEqualTo(1);
        assertThat(admin.post("/v1/keys/lookup", "{\"key\":\"x\"}").status()).isEqualTo(404);

        hangUp();
        await().atMost(20, SECONDS).until(() -> buffered("large") == 0);
        assertThat(checkOfAMebibyte().status()).isEqualTo(200);
    }

    @Test
    void holders_of_keys_take_no_room_from_management() throws IOException {
        String holder = "Authorization: Bearer "
                + admin.issue("hoarder", Duration.ofDays(1)).text("key");
        for (int i = 0; i < 260; i++) {
            upload("/v1/self/renew", 64 * 1024, holder);
        }
        await().atMost(20, SECONDS).until(() -> buffered("holder") > 63 * 64 * 1024);

        assertThat(admin.post("/v1/keys/lookup", "{\"key\":\"x\"}").status()).isEqualTo(404);

        hangUp();
        await().atMost(20, SECONDS).until(() -> buffered("holder") == 0);
    }

    /** Sends all but the last byte of a body, as far as the server accepts it. */
    private void upload(String path, int length, String... headers) throws IOException {
        var connection = new RawConnection(node);
        uploads.add(connection);
        String[] all = Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Content-Length: " + length;
        connection.request("POST", path, all);
        try {
            for (int left = length - 1; left > 0; left -= 64 * 1024) {
                connection.send(" ".repeat(Math.min(left, 64 * 1024)));
            }
        } catch (IOException closed) {
            // The server may have closed the connection.
        }
    }

    private static Answer checkOfAMebibyte() {
        return admin.post("/v1/checks", checks((int) MEBIBYTE));
    }

    /** A batch of about that many bytes. */
    private static String checks(int bytes) {
        String text = "x".repeat(bytes / 1000 - 3);
        String keys = IntStream.range(0, 1000).mapToObj(_ -> "\"" + text + "\"").collect(Collectors.joining(","));
        return "{\"keys\":[" + keys + "]}" + " ".repeat(Math.max(0, bytes - keys.length() - 11));
    }

    private static Answer chunked(String path, String body) throws IOException {
        try (var connection = new RawConnection(node)) {
            connection.request("POST", path, ADMIN, "Content-Type: application/json", "Transfer-Encoding: chunked");
            try {
                for (int from = 0; from < body.length(); from += 10_000) {
                    String part = body.substring(from, Math.min(body.length(), from + 10_000));
                    connection.send(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
                }
                connection.send("0\r\n\r\n");
            } catch (IOException closed) {
                // The server has already responded.
            }
            return connection.answer();
        }
    }

    private static Answer encoded(String path, String encoding, byte[] body) throws IOException {
        return admin.sendBytes(
                "POST",
                path,
                compressed(encoding, body),
                "Content-Type",
                "application/json",
                "Content-Encoding",
                encoding);
    }

    private static byte[] compressed(String encoding, byte[] body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out = encoding.equals("identity")
                ? bytes
                : encoding.equals("deflate") ? new DeflaterOutputStream(bytes) : new GZIPOutputStream(bytes)) {
            out.write(body);
        }
        return bytes.toByteArray();
    }

    private static double buffered(String size) {
        return node.bean(MeterRegistry.class)
                .get("keylapse.http.bodies")
                .tag("size", size)
                .gauge()
                .value();
    }

    private static long directMemory() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }
}
