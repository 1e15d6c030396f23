package io.keylapse.active;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Binary format of an entry in Redis, big-endian; sizes in bytes:
 *
 * <pre>
 * kind (1), version (4), instant in ms (8), id (16), then
 *   live:      length of the owner (2), owner, scopes separated by spaces
 *   tombstone: id of the successor (16), if there is one
 * </pre>
 *
 * <p>Not JSON, because Redis keeps a million entries in memory. {@code apply.lua} reads the kind and the version.
 */
final class EntryCodec {
    private static final byte LIVE = 'L';
    private static final byte REVOKED = 'R';
    private static final byte ROTATED = 'O';
    private static final int HEADER = 1 + 4 + 8 + 16;
    private static final long NEVER = 0;

    private EntryCodec() {}

    static byte[] encode(ActiveEntry entry) {
        return switch (entry) {
            case Live live -> {
                byte[] owner = live.owner().getBytes(UTF_8);
                byte[] scopes = String.join(" ", live.scopes()).getBytes(UTF_8);
                long deadline =
                        live.expiresAt() == null ? NEVER : live.expiresAt().toEpochMilli();
                yield header(LIVE, live, deadline, 2 + owner.length + scopes.length)
                        .putShort((short) owner.length)
                        .put(owner)
                        .put(scopes)
                        .array();
            }
            case Tombstone tombstone -> {
                KeyId successor = tombstone.successor();
                ByteBuffer out = header(
                        tombstone.state() == KeyState.ROTATED ? ROTATED : REVOKED,
                        tombstone,
                        tombstone.endedAt().toEpochMilli(),
                        successor == null ? 0 : 16);
                yield (successor == null ? out : putId(out, successor)).array();
            }
        };
    }

    /** @throws IllegalArgumentException if these bytes were not written by {@link #encode} */
    static ActiveEntry decode(byte[] bytes) {
        try {
            var in = ByteBuffer.wrap(bytes);
            byte kind = in.get();
            int version = in.getInt();
            long millis = in.getLong();
            KeyId id = getId(in);
            return switch (kind) {
                case LIVE -> {
                    String owner = getText(in, Short.toUnsignedInt(in.getShort()));
                    String scopes = getText(in, in.remaining());
                    yield new Live(
                            id,
                            version,
                            millis == NEVER ? null : Instant.ofEpochMilli(millis),
                            owner,
                            scopes.isEmpty() ? List.of() : List.of(scopes.split(" ")));
                }
                case REVOKED -> tombstone(id, version, KeyState.REVOKED, millis, in);
                case ROTATED -> tombstone(id, version, KeyState.ROTATED, millis, in);
                default -> throw new IllegalArgumentException("unknown kind of entry: " + kind);
            };
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("truncated entry of " + bytes.length + " bytes", e);
        }
    }

    private static Tombstone tombstone(KeyId id, int version, KeyState state, long millis, ByteBuffer in) {
        @Nullable KeyId successor = in.hasRemaining() ? getId(in) : null;
        return new Tombstone(id, version, state, Instant.ofEpochMilli(millis), successor);
    }

    private static ByteBuffer header(byte kind, ActiveEntry entry, long millis, int more) {
        return putId(
                ByteBuffer.allocate(HEADER + more)
                        .put(kind)
                        .putInt(entry.version())
                        .putLong(millis),
                entry.id());
    }

    private static ByteBuffer putId(ByteBuffer out, KeyId id) {
        return out.putLong(id.value().getMostSignificantBits())
                .putLong(id.value().getLeastSignificantBits());
    }

    private static KeyId getId(ByteBuffer in) {
        return new KeyId(new UUID(in.getLong(), in.getLong()));
    }

    private static String getText(ByteBuffer in, int length) {
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        var bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }
}
