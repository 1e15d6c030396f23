package io.keylapse.simulation.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.active.ActiveKeys;
import io.keylapse.active.trust.MarkStore;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.codec.Base16;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The Lua scripts in Java. {@code ModelRedisIT} compares them with the scripts in a real Redis. */
final class ModelScripts {
    private interface Script {
        List<Object> run(ModelRedis redis, byte[] name, byte[][] arguments);
    }

    private static final Map<String, Script> BY_DIGEST = Map.of(
            digest(ActiveKeys.class, "apply.lua"), ModelScripts::apply,
            digest(ActiveKeys.class, "replace.lua"), ModelScripts::replace,
            digest(MarkStore.class, "mark.lua"), ModelScripts::mark);

    private static final Pattern KEPT_MARK = Pattern.compile("(\\d+) (.+)");

    private ModelScripts() {}

    static List<Object> run(ModelRedis redis, String digest, byte[] name, byte[][] arguments) {
        Script script = BY_DIGEST.get(digest);
        if (script == null) {
            throw new IllegalStateException("a script that has no model");
        }
        return script.run(redis, name, arguments);
    }

    private static List<Object> apply(ModelRedis redis, byte[] name, byte[][] arguments) {
        long now = redis.now();
        if (now > number(arguments[3])) {
            return List.of(-1L, now);
        }
        byte[] stored = redis.get(name);
        if (stored != null) {
            long version = Integer.toUnsignedLong(ByteBuffer.wrap(stored).getInt(1));
            if (version > number(arguments[1])) {
                return List.of(2L, now);
            }
            if (Arrays.equals(stored, arguments[0])) {
                return List.of(0L, now);
            }
            if (version == number(arguments[1]) && stored[0] != 'L' && arguments[0][0] == 'L') {
                return List.of(3L, now);
            }
        }
        if (number(arguments[1]) > 1) {
            redis.publish(
                    arguments[5],
                    ByteBuffer.allocate(name.length + 4)
                            .put(name)
                            .put(arguments[0], 1, 4)
                            .array());
        }
        long keepUntil = number(arguments[2]);
        try {
            redis.set(name, arguments[0], keepUntil == 0 ? 0 : Math.max(keepUntil, now + number(arguments[4])));
        } catch (RedisCommandExecutionException full) {
            redis.delete(name);
            throw full;
        }
        return List.of(1L, now);
    }

    private static List<Object> replace(ModelRedis redis, byte[] name, byte[][] arguments) {
        if (redis.now() > number(arguments[4])) {
            return List.of(-1L);
        }
        byte[] stored = redis.get(name);
        if (!Arrays.equals(stored == null ? new byte[0] : stored, arguments[0])) {
            return List.of(0L);
        }
        if (arguments[1].length == 0) {
            redis.delete(name);
        } else {
            long keepUntil = number(arguments[2]);
            redis.set(name, arguments[1], keepUntil == 0 ? 0 : Math.max(keepUntil, redis.now() + number(arguments[3])));
        }
        return List.of(1L);
    }

    private static List<Object> mark(ModelRedis redis, byte[] name, byte[][] arguments) {
        byte[] incarnation = redis.incarnation().getBytes(UTF_8);
        byte[] stored = redis.get(name);
        Matcher kept = KEPT_MARK.matcher(stored == null ? "" : new String(stored, UTF_8));
        boolean isKept = kept.matches();
        byte[] mark = (isKept ? kept.group(2) : "").getBytes(UTF_8);
        long age = isKept ? Math.max(0, redis.now() - Long.parseLong(kept.group(1))) : 0;
        if (arguments.length == 0 || !Arrays.equals(incarnation, arguments[0]) || !Arrays.equals(mark, arguments[1])) {
            return List.of(incarnation, mark, age, 0L);
        }
        if (arguments[2].length == 0) {
            redis.delete(name);
        } else {
            redis.set(name, (redis.now() + " " + new String(arguments[2], UTF_8)).getBytes(UTF_8), 0);
        }
        return List.of(incarnation, mark, age, 1L);
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static long number(byte[] ascii) {
        return Long.parseLong(new String(ascii, UTF_8));
    }

    private static String digest(Class<?> owner, String file) {
        try (InputStream in = owner.getResourceAsStream(file)) {
            return Base16.digest(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
