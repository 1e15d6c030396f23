package io.keylapse.active;

import io.keylapse.active.redis.RedisSettings;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Encoding of key names in Redis: the configured prefix and 16 raw bytes. */
@Singleton
final class RedisNames {
    private final byte[] prefix;

    RedisNames(RedisSettings settings) {
        this.prefix = settings.keyPrefix().getBytes(StandardCharsets.UTF_8);
    }

    /** Glob pattern for {@code SCAN} that matches all names with our prefix, also those that are no keys. */
    byte[] pattern() {
        var pattern = new ByteArrayOutputStream();
        for (byte each : prefix) {
            if ("*?[]\\^".indexOf(each) >= 0) {
                pattern.write('\\');
            }
            pattern.write(each);
        }
        pattern.write('*');
        return pattern.toByteArray();
    }

    byte[] encode(KeyName name) {
        byte[] redisName = Arrays.copyOf(prefix, prefix.length + KeyName.LENGTH);
        System.arraycopy(name.bytes(), 0, redisName, prefix.length, KeyName.LENGTH);
        return redisName;
    }

    /** Decodes a name in Redis; empty if it is not the name of a key. */
    Optional<KeyName> decode(byte[] redisName) {
        return redisName.length == prefix.length + KeyName.LENGTH
                        && Arrays.equals(redisName, 0, prefix.length, prefix, 0, prefix.length)
                ? Optional.of(new KeyName(Arrays.copyOfRange(redisName, prefix.length, redisName.length)))
                : Optional.empty();
    }
}
