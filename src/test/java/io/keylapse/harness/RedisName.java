package io.keylapse.harness;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyName;
import java.nio.ByteBuffer;
import java.util.List;

/** The names of keys in Redis, with the default prefix. */
public final class RedisName {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of());
    private static final byte[] PREFIX = "kl:".getBytes(US_ASCII);

    private RedisName() {}

    /** The name of the key with this text. */
    public static byte[] of(String key) {
        return of(FORMAT.parse(key).orElseThrow().digest().name());
    }

    /** The name of this key. */
    public static byte[] of(KeyName name) {
        return ByteBuffer.allocate(PREFIX.length + KeyName.LENGTH)
                .put(PREFIX)
                .put(name.bytes())
                .array();
    }
}
