package io.keylapse.simulation.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.Base16;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.CommandArgs;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands of Lettuce that the service uses, on a {@link ModelRedis}. */
public final class ModelCommands {
    private static final Pattern KEPT_UNTIL = Pattern.compile("(PX|PXAT) (\\d+)");

    /** Sends a command to the server and returns its reply. */
    public interface Way {
        Answer send(String text, Function<ModelRedis, Object> command);
    }

    /** A future of Lettuce's type. */
    public static final class Answer extends CompletableFuture<Object> implements RedisFuture<Object> {
        @Override
        public String getError() {
            return null;
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException();
        }
    }

    private ModelCommands() {}

    /** Creates the command interface on that connection. */
    @SuppressWarnings("unchecked")
    public static RedisAsyncCommands<byte[], byte[]> over(Way way) {
        return (RedisAsyncCommands<byte[], byte[]>) Proxy.newProxyInstance(
                ModelCommands.class.getClassLoader(),
                new Class<?>[] {RedisAsyncCommands.class},
                (_, method, arguments) -> switch (method.getName()) {
                    case "get" -> get(way, (byte[]) arguments[0]);
                    case "role" -> way.send("ROLE", ModelRedis::role);
                    case "time" -> way.send("TIME", ModelRedis::time);
                    case "touch" -> touch(way, List.of((byte[][]) arguments[0]));
                    case "scan" -> scan(way, (ScanCursor) arguments[0]);
                    case "set" -> set(way, (byte[]) arguments[0], (byte[]) arguments[1], (SetArgs) arguments[2]);
                    case "evalsha" -> run(way, (String) arguments[0], ((byte[][]) arguments[2])[0], arguments[3]);
                    case "eval" -> run(way, digest(arguments[0]), ((byte[][]) arguments[2])[0], arguments[3]);
                    default -> throw new UnsupportedOperationException("no model of " + method);
                });
    }

    private static Answer get(Way way, byte[] name) {
        return way.send("GET " + brief(name), redis -> redis.get(name));
    }

    private static Answer touch(Way way, List<byte[]> names) {
        return way.send("TOUCH " + brief(names.getFirst()) + " of " + names.size(), redis -> redis.touch(names));
    }

    private static Answer run(Way way, String digest, byte[] name, Object arguments) {
        return way.send(
                "EVALSHA " + digest.substring(0, 4) + " " + brief(name),
                redis -> ModelScripts.run(redis, digest, name, (byte[][]) arguments));
    }

    private static Answer set(Way way, byte[] name, byte[] value, SetArgs how) {
        var words = new CommandArgs<>(ByteArrayCodec.INSTANCE);
        how.build(words);
        String text = words.toCommandString();
        Matcher matcher = KEPT_UNTIL.matcher(text);
        long kept = matcher.find() ? Long.parseLong(matcher.group(2)) : 0;
        boolean fromNow = matcher.hasMatch() && matcher.group(1).equals("PX");
        return way.send("SET " + brief(name) + " " + text, redis -> {
            if (text.contains("NX") && redis.get(name) != null) {
                return null;
            }
            redis.set(name, value, fromNow ? redis.now() + kept : kept);
            return "OK";
        });
    }

    private static Answer scan(Way way, ScanCursor from) {
        return way.send("SCAN", redis -> {
            ModelRedis.Page page = redis.scan(from.getCursor());
            var cursor = new KeyScanCursor<byte[]>();
            cursor.getKeys().addAll(page.names());
            cursor.setCursor(page.cursor());
            cursor.setFinished(page.cursor().equals("0"));
            return cursor;
        });
    }

    private static String digest(Object script) {
        return Base16.digest(((String) script).getBytes(StandardCharsets.UTF_8));
    }

    private static String brief(byte[] name) {
        return name.length == 19 ? ModelScripts.hex(name).substring(6, 12) : new String(name, StandardCharsets.UTF_8);
    }
}
