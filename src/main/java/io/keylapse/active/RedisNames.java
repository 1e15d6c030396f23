package io.keylapse.active;

import io.keylapse.active.redis.RedisSettings;
import io.keylapse.key.KeyName;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** A key's name as Redis has it: our prefix and 16 raw bytes. */
@Singleton
final class RedisNames {
    private final byte[] prefix;

    RedisNames(RedisSettings settings) {
        this.prefix = settings.keyPrefix().getBytes(StandardCharsets.UTF_8);
    }

    /** What all names of ours match, and a few others. */
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

    /** The key of that Redis name, or nothing when the name is not one of ours. */
    Optional<KeyName> decode(byte[] redisName) {
        return redisName.length == prefix.length + KeyName.LENGTH
                        && Arrays.equals(redisName, 0, prefix.length, prefix, 0, prefix.length)
                ? Optional.of(new KeyName(Arrays.copyOfRange(redisName, prefix.length, redisName.length)))
                : Optional.empty();
    }
}
