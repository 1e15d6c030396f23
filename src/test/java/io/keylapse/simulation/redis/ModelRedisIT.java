package io.keylapse.simulation.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.redis.RedisScript;
import io.keylapse.active.trust.MarkStore;
import io.keylapse.harness.Stores;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Compares the models of Redis and of the Lua scripts with a real Redis that runs the scripts, one operation at a time.
 */
class ModelRedisIT {
    private static final long SEED = Long.getLong("keylapse.simulation.seed", System.nanoTime());
    private static final int OPERATIONS = 5_000;
    private static final int NAMES = 6;
    private static final byte[] CHANNEL = "model-redis-it-changes".getBytes(UTF_8);
    private static final RedisScript APPLY = RedisScript.beside(ActiveKeys.class, "apply.lua");
    private static final RedisScript REPLACE = RedisScript.beside(ActiveKeys.class, "replace.lua");
    /** Only marks are written to this key: a mark contains the time, which differs between the two. */
    private static final byte[] MARKED = "model-redis-it-mark".getBytes(UTF_8);

    private static final RedisScript MARK = RedisScript.beside(MarkStore.class, "mark.lua");

    /** Much longer than an operation takes, and much shorter than the random durations. */
    private static final long TOLERANCE_MILLIS = 2_000;

    private final List<String> toldByModel = new ArrayList<>();
    private final List<String> toldByRedis = new CopyOnWriteArrayList<>();
    private final Random random = new Random(SEED);
    private final ModelRedis model =
            new ModelRedis(System::currentTimeMillis, (_, message) -> toldByModel.add(text(message)));
    private final RedisAsyncCommands<byte[], byte[]> modelled = ModelCommands.over((_, command) -> {
        var answer = new ModelCommands.Answer();
        answer.complete(command.apply(model));
        return answer;
    });
    private final List<String> done = new ArrayList<>();
    private RedisClient client;
    private StatefulRedisConnection<byte[], byte[]> connection;
    private StatefulRedisPubSubConnection<byte[], byte[]> subscription;
    private RedisAsyncCommands<byte[], byte[]> real;
    private String incarnation;

    @BeforeEach
    void connect() {
        client = RedisClient.create(Stores.shared().redisUri());
        connection = client.connect(ByteArrayCodec.INSTANCE);
        real = connection.async();
        subscription = client.connectPubSub(ByteArrayCodec.INSTANCE);
        subscription.addListener(new RedisPubSubAdapter<>() {
            @Override
            public void message(byte[] channel, byte[] message) {
                toldByRedis.add(text(message));
            }
        });
        subscription.sync().subscribe(CHANNEL);
        incarnation = text(join(MARK.<List<Object>>run(real, name(0))).getFirst());
    }

    @AfterEach
    void disconnect() {
        for (int i = 0; i < NAMES; i++) {
            join(real.del(name(i)));
        }
        subscription.close();
        connection.close();
        client.shutdown();
    }

    /** A command that both run, whose replies must be equal. */
    private interface Command {
        CompletionStage<?> sendTo(RedisAsyncCommands<byte[], byte[]> commands);
    }

    @Test
    void model_answers_as_redis_does() {
        System.out.println("-Dkeylapse.simulation.seed=" + SEED);
        for (int i = 0; i < OPERATIONS; i++) {
            byte[] name = name(random.nextInt(NAMES));
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> apply(name);
                case 3 -> replace(name);
                case 4 -> mark(MARKED);
                case 5 -> fill(name);
                case 6 -> same("GET", commands -> commands.get(name));
                default -> same("TOUCH", commands -> commands.touch(name(0), name(1), name(2)));
            }
            assertThat(keptFor(name)).as(this::story).isBetween(-TOLERANCE_MILLIS, TOLERANCE_MILLIS);
        }
        await().atMost(5, SECONDS).untilAsserted(() -> assertThat(toldByRedis).isEqualTo(toldByModel));
    }

    @Test
    void model_forgets_and_announces_an_entry_when_redis_does() {
        var heard = new ArrayList<String>();
        var shortLived = new ModelRedis(System::currentTimeMillis, (_, name) -> heard.add(text(name)));
        long until = System.currentTimeMillis() + 3_000;
        byte[] name = name(0);
        shortLived.set(name, new byte[] {1}, until);
        join(real.set(name, new byte[] {1}, SetArgs.Builder.pxAt(until)));

        assertThat(shortLived.get(name)).isNotNull();
        assertThat(join(real.get(name))).isNotNull();
        await().atMost(8, SECONDS).until(() -> join(real.get(name)) == null);
        assertThat(shortLived.get(name)).isNull();
        assertThat(heard).containsExactly(text(name));
    }

    private void apply(byte[] name) {
        int version = 1 + random.nextInt(5);
        byte[] entry = ByteBuffer.allocate(10)
                .put((byte) (random.nextInt(3) == 0 ? 'R' : 'L'))
                .putInt(version)
                .putInt(random.nextInt(3))
                .array();
        long now = System.currentTimeMillis();
        byte[][] arguments = {
            entry,
            number(version),
            number(random.nextInt(4) == 0 ? 0 : now + seconds(60)),
            number(now + (random.nextInt(4) == 0 ? -5_000 : 5_000)),
            number(random.nextInt(2) * 20_000 + 10_000),
            CHANNEL
        };
        same(
                "apply " + version,
                commands -> APPLY.<List<Object>>run(commands, name, arguments).thenApply(answer -> answer.getFirst()));
    }

    private void replace(byte[] name) {
        byte[] stored = join(real.get(name));
        byte[] expected = random.nextInt(3) == 0 ? new byte[] {7} : stored == null ? new byte[0] : stored;
        byte[] wanted = random.nextInt(3) == 0
                ? new byte[0]
                : ByteBuffer.allocate(10)
                        .put((byte) 'R')
                        .putInt(random.nextInt(9))
                        .array();
        byte[] keepUntil = number(random.nextInt(3) == 0 ? 0 : System.currentTimeMillis() + seconds(60));
        byte[] leastLifetime = number(random.nextInt(2) * 20_000 + 10_000);
        byte[] deadline = number(System.currentTimeMillis() + (random.nextInt(4) == 0 ? -5_000 : 5_000));
        same(
                "replace",
                commands -> REPLACE.<List<Object>>run(
                        commands, name, expected, wanted, keepUntil, leastLifetime, deadline));
    }

    private void mark(byte[] name) {
        byte[] stored = join(real.get(name));
        String kept = stored == null ? "" : new String(stored, UTF_8);
        byte[] seen = (random.nextInt(3) == 0 ? "another" : kept.replaceFirst("^\\d+ ", "")).getBytes(UTF_8);
        boolean another = random.nextInt(4) == 0;
        byte[] next = (random.nextInt(5) == 0 ? "" : "mark " + random.nextInt(9)).getBytes(UTF_8);
        same("mark", commands -> {
            String known = real.equals(commands) ? incarnation : model.incarnation();
            return MARK.<List<Object>>run(commands, name, (another ? "another" : known).getBytes(UTF_8), seen, next)
                    .thenApply(answer -> List.of(text(answer.get(0)).equals(known), answer.get(1), answer.get(3)));
        });
        same("mark?", commands -> MARK.<List<Object>>run(commands, name).thenApply(answer -> answer.get(1)));
    }

    private void fill(byte[] name) {
        SetArgs how = random.nextBoolean()
                ? SetArgs.Builder.nx()
                : SetArgs.Builder.nx().pxAt(System.currentTimeMillis() + seconds(60));
        byte[] entry = ByteBuffer.allocate(10)
                .put((byte) 'L')
                .putInt(random.nextInt(9))
                .array();
        same("fill", commands -> commands.set(name, entry, how).thenApply(answer -> answer == null ? "there" : answer));
    }

    private void same(String what, Command command) {
        Object actual = join(command.sendTo(real));
        done.add(what + " -> " + Texts.of(actual));
        assertThat(plain(join(command.sendTo(modelled)))).as(this::story).isEqualTo(plain(actual));
    }

    /** How much longer Redis keeps an entry than the model. */
    private long keptFor(byte[] name) {
        long actual = join(real.pexpiretime(name));
        long wanted = model.keptUntil(name);
        if (wanted <= 0) {
            assertThat(actual).as(this::story).isEqualTo(wanted == 0 ? -1 : -2);
            return 0;
        }
        return actual - wanted;
    }

    private String story() {
        return "seed " + SEED + ": " + done.subList(Math.max(0, done.size() - 20), done.size());
    }

    private static Object plain(Object value) {
        return switch (value) {
            case null -> "nothing";
            case byte[] bytes -> Arrays.toString(bytes);
            case List<?> list -> list.stream().map(ModelRedisIT::plain).toList();
            default -> value;
        };
    }

    /** A random number of seconds, positive or negative, and not small. */
    private long seconds(int most) {
        long length = 10_000L + random.nextInt(most * 1000);
        return random.nextInt(3) == 0 ? -length : length;
    }

    private static byte[] name(int i) {
        return ("model-redis-it-" + i).getBytes(UTF_8);
    }

    private static byte[] number(long value) {
        return Long.toString(value).getBytes(UTF_8);
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }

    private static <T> T join(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private static <T> T join(RedisFuture<T> stage) {
        return stage.toCompletableFuture().join();
    }
}
