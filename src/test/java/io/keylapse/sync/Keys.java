package io.keylapse.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.RedisName;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Calls of the tests in this package, and access to Redis. */
final class Keys {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());

    private Keys() {}

    static Answer issue(Node node, String ttl) {
        Answer answer = node.admin().issue("{\"owner\":\"acme\",\"ttl\":\"" + ttl + "\"}");
        assertThat(answer.status()).isEqualTo(201);
        return answer;
    }

    static Answer revoke(Node node, Answer key) {
        Answer answer = node.admin().post("/v1/keys/" + key.text("id") + "/revoke", "{\"reason\":\"leaked\"}");
        assertThat(answer.status()).isEqualTo(200);
        return answer;
    }

    static Answer check(Node node, Answer key) {
        return node.anonymous().check(key.text("key"));
    }

    static KeyName name(Answer key) {
        return name(key.text("key"));
    }

    private static KeyName name(String text) {
        return FORMAT.parse(text).orElseThrow().digest().name();
    }

    /** A separate connection. */
    static final class Redis {
        private static final byte[] MARK = "kl:follows".getBytes(UTF_8);
        private static final Pattern POSITION = Pattern.compile(" at (\\d+)$");

        private final RedisCommands<byte[], byte[]> commands;

        Redis(Stores stores) {
            commands = stores.redis();
        }

        RedisCommands<byte[], byte[]> commands() {
            return commands;
        }

        byte[] get(String key) {
            return commands.get(RedisName.of(key));
        }

        void set(String key, byte[] entry) {
            commands.set(RedisName.of(key), entry);
        }

        /** The version in Redis, or 0. */
        int version(String key) {
            byte[] entry = get(key);
            return entry == null ? 0 : ByteBuffer.wrap(entry, 1, 4).getInt();
        }

        /** The position in the mark, or -1. */
        long mark() {
            Matcher position = POSITION.matcher(markText());
            return position.find() ? Long.parseLong(position.group(1)) : -1;
        }

        /** The mark without the time of its last renewal; empty if there is none. */
        String markText() {
            byte[] mark = commands.get(MARK);
            return mark == null ? "" : new String(mark, UTF_8);
        }

        void setMark(String text) {
            commands.set(MARK, text.getBytes(UTF_8));
        }

        void removeMark() {
            commands.del(MARK);
        }
    }
}
