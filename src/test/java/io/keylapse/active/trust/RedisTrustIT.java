package io.keylapse.active.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveEntry;
import io.keylapse.active.ActiveKeys;
import io.keylapse.active.ActiveKeys.Written;
import io.keylapse.active.WriteDeadline;
import io.keylapse.active.redis.Primary;
import io.keylapse.active.redis.RedisConnection;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.harness.TcpProxy;
import io.keylapse.history.CurrentHistory;
import io.keylapse.history.History;
import io.keylapse.history.HistoryObservation;
import io.keylapse.history.HistoryPosition;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When Redis is trusted, on a node that neither follows changes nor moves marks by itself. */
class RedisTrustIT {
    private static final byte[] MARK = "trust:follows".getBytes(UTF_8);

    private static final HistoryPosition NOW =
            new HistoryPosition(new History(UUID.randomUUID(), 1, 1, 2, 3, 4), 100, UUID.randomUUID());

    private final Stores stores = Stores.shared();
    private final TcpProxy wire = new TcpProxy(stores.redisUri());
    private final Node node = Node.start(
            stores,
            Map.of(
                    "keylapse.redis.uri",
                    wire.reaching(stores.redisUri()),
                    "keylapse.redis.key-prefix",
                    "trust:",
                    "keylapse.expiry.listener",
                    false,
                    "keylapse.sync.enabled",
                    false));
    private final RedisTrust trust = node.bean(RedisTrust.class);
    private final RedisConnection redis = node.bean(RedisConnection.class);
    private final Primary primary = redis.primaries().getFirst();

    @BeforeEach
    void remember() {
        node.bean(VersionFloors.class).beginAt(5);
        var history = node.bean(CurrentHistory.class);
        history.observe(history.known(), new HistoryObservation(NOW, Instant.EPOCH, 0, true));
        await().atMost(10, SECONDS).until(() -> answered(redis.send(primary, commands -> commands.del(MARK))));
    }

    private static boolean answered(CompletionStage<?> answer) {
        return answer.toCompletableFuture()
                .orTimeout(1, SECONDS)
                .handle((_, failure) -> failure == null)
                .join();
    }

    private boolean isTrustedWithMarkAt(int position) {
        mark(position);
        assertThat(answered(trust.look(primary))).isTrue();
        return trust.isTrusted(primary);
    }

    private void mark(int position) {
        mark(new Mark.At(NOW, position));
    }

    private void mark(Mark mark) {
        assertThat(answered(redis.send(primary, commands -> commands.set(MARK, ("1 " + mark.text()).getBytes(UTF_8)))))
                .isTrue();
    }

    @Test
    void it_is_trusted_from_where_the_memory_of_changes_begins() {
        assertThat(isTrustedWithMarkAt(4)).isFalse();
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        node.bean(VersionFloors.class).beginAt(6);
        assertThat(trust.isTrusted(primary)).isFalse();
    }

    @Test
    void it_is_neither_trusted_nor_written_to_while_it_follows_another_postgres() {
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        assertThat(isPermitted()).isTrue();
        HistoryPosition other =
                new HistoryPosition(new History(UUID.randomUUID(), 1, 1, 2, 3, 4), 100, NOW.milestone());
        mark(new Mark.At(other, 5));

        assertThat(answered(trust.look(primary))).isTrue();

        assertThat(trust.isTrusted(primary)).isFalse();
        assertThat(trust.isTrustedForTombstones(primary)).isFalse();
        assertThat(isPermitted()).isFalse();
    }

    @Test
    void it_is_asked_again_whose_it_is_before_a_write_once_that_was_a_while_ago() {
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        HistoryPosition other =
                new HistoryPosition(new History(UUID.randomUUID(), 1, 1, 2, 3, 4), 100, NOW.milestone());
        mark(new Mark.At(other, 5));

        await().atMost(Duration.ofSeconds(10)).until(() -> !isPermitted());
    }

    @Test
    void it_is_not_written_to_while_what_postgres_says_does_not_count() {
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        var history = node.bean(CurrentHistory.class);
        history.observeStandby();
        assertThat(isPermitted()).isFalse();

        history.observe(history.known(), new HistoryObservation(NOW, Instant.EPOCH, 0, true));
        assertThat(isPermitted()).isTrue();
    }

    @Test
    void nothing_is_written_longer_than_the_allowance_after_it_was_last_asked_whose_it_is() {
        KeyName name = new KeyFormat("kl", List.of()).generate().name();
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        assertThat(write(name, 1).toCompletableFuture().join()).isEqualTo(Written.EXACTLY);
        assertThat(answered(trust.look(primary))).isTrue();
        long asked = System.nanoTime();
        wire.swallow();

        var _ = write(name, 2);
        await().atMost(Duration.ofSeconds(20))
                .until(() -> System.nanoTime() - asked > WriteDeadline.ALLOWANCE.toNanos());
        wire.heal();

        await().atMost(Duration.ofSeconds(10)).until(() -> answered(redis.send(primary, commands -> commands.ping())));
        assertThat(versionOf(name)).isEqualTo(1);
    }

    /** Writes with a write deadline in an hour. */
    private CompletionStage<Written> write(KeyName name, int version) {
        var entry = new ActiveEntry.Live(KeyId.generate(Instant.EPOCH), version, null, "acme", List.of());
        return node.bean(ActiveKeys.class)
                .apply(
                        name,
                        entry,
                        new WriteDeadline(
                                System.nanoTime() + Duration.ofHours(1).toNanos()));
    }

    private int versionOf(KeyName name) {
        byte[] prefix = "trust:".getBytes(UTF_8);
        byte[] redisName = Arrays.copyOf(prefix, prefix.length + KeyName.LENGTH);
        System.arraycopy(name.bytes(), 0, redisName, prefix.length, KeyName.LENGTH);
        return stores.redis(commands -> commands.get(redisName))[4];
    }

    private boolean isPermitted() {
        return trust.permit(primary).toCompletableFuture().join().isPresent();
    }

    @Test
    void it_is_not_trusted_once_its_mark_is_gone() {
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        assertThat(answered(redis.send(primary, commands -> commands.del(MARK))))
                .isTrue();
        assertThat(answered(trust.look(primary))).isTrue();
        assertThat(trust.isTrusted(primary)).isFalse();
    }

    @Test
    void it_is_not_trusted_after_a_lost_connection_until_a_new_one_has_read_the_mark() {
        assertThat(isTrustedWithMarkAt(5)).isTrue();
        wire.refuse();
        await().atMost(Duration.ofSeconds(10)).until(() -> !trust.isTrusted(primary));
        wire.heal();
        await().atMost(Duration.ofSeconds(10)).until(() -> trust.isTrusted(primary));
    }
}
