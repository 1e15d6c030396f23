package io.keylapse.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.app.Program.Ended;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code keylapse audit}, run while a service is running. */
class AuditIT {
    @TempDir
    static Path folder;

    private static final Stores stores = Stores.own();
    private static final Node node = Node.start(stores, Map.of());
    private static final RedisCommands<byte[], byte[]> redis = stores.redis();

    @Test
    void audit_finds_every_kind_of_difference_and_repairs_them_too_new_versions_included() {
        Answer missing = issue();
        Answer older = issue();
        Answer newer = issue();
        Answer agreed = issue();
        byte[] first = redis.get(name(older));
        node.admin().post("/v1/keys/" + older.text("id") + "/revoke", "{}");
        await().atMost(5, SECONDS).until(() -> redis.get(name(older))[0] == 'R');
        assertThat(audit().exitCode()).isZero();

        redis.del(name(missing));
        redis.set(name(older), first);
        byte[] future = redis.get(name(newer)).clone();
        future[4] = 7;
        redis.set(name(newer), future);
        redis.set("kl:sixteen bytes...".getBytes(UTF_8), first);
        redis.set("kl:sixteen bytes!!!".getBytes(UTF_8), new byte[] {1, 2, 3});

        Ended found = audit();
        assertThat(found.exitCode()).isEqualTo(1);
        assertThat(found.out().lines().map(line -> line.replaceFirst(" .*", "")))
                .contains("missing", "older", "newer", "unknown", "unreadable");
        assertThat(found.out())
                .contains(missing.text("id"), older.text("id"), newer.text("id"))
                .contains("5 differences", "audit --repair")
                .doesNotContain(agreed.text("id"));

        Ended repaired = audit("--repair");
        assertThat(repaired.exitCode()).isZero();
        assertThat(repaired.out()).contains("repaired 5");

        assertThat(redis.get(name(older))[0]).isEqualTo((byte) 'R');
        assertThat(ByteBuffer.wrap(redis.get(name(newer)), 1, 4).getInt()).isEqualTo(1);
        assertThat(redis.get(name(missing))).isNotNull();
        assertThat(redis.get("kl:sixteen bytes...".getBytes(UTF_8))).isNull();
        Ended again = audit();
        assertThat(again.out()).contains("they agree");
        assertThat(again.exitCode()).isZero();
    }

    @Test
    void audit_without_an_address_says_in_one_line_what_is_missing() {
        try (Program program = Program.start(folder, Map.of(), "audit")) {
            Ended ended = program.awaitEnd();
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err())
                    .contains("KEYLAPSE_POSTGRES_URL, KEYLAPSE_REDIS_URI")
                    .doesNotContain("ADMIN_KEY");
            assertThat(ended.err().strip().lines()).hasSize(1);
        }
    }

    private static Ended audit(String... options) {
        String[] arguments = options.length == 0 ? new String[] {"audit"} : new String[] {"audit", options[0]};
        Map<String, String> environment = Program.environment(stores);
        environment.remove("KEYLAPSE_ADMIN_KEY");
        try (Program program = Program.start(folder, environment, arguments)) {
            return program.awaitEnd();
        }
    }

    private static Answer issue() {
        return node.admin().issue("acme", Duration.ofDays(1));
    }

    private static byte[] name(Answer key) {
        KeyName name = new KeyFormat("kl", List.of())
                .parse(key.text("key"))
                .orElseThrow()
                .digest()
                .name();
        return ByteBuffer.allocate(3 + KeyName.LENGTH)
                .put("kl:".getBytes(UTF_8))
                .put(name.bytes())
                .array();
    }
}
