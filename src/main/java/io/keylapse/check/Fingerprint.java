package io.keylapse.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Hash of a key's text that identifies it in the near cache: SipHash-2-4 with 128 bits. It is cheaper than SHA-256, and the
 * cache keeps no other form of the text. The hash uses a random secret of this process, so an attacker cannot construct a
 * text with the fingerprint of an unknown key.
 *
 * <p>Implemented here because no library on the class path computes 128 bits without an overhead that outweighs the gain.
 *
 * @see <a href="https://www.aumasson.jp/siphash/siphash.pdf">SipHash: a fast short-input PRF</a>
 */
record Fingerprint(long first, long second) {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The bits of a fingerprint are uniformly distributed, so any part of it is a good hash code. */
    @Override
    public int hashCode() {
        return (int) first;
    }

    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(Long.reverseBytes(first))
                + HexFormat.of().toHexDigits(Long.reverseBytes(second));
    }

    /** Computes fingerprints with one secret. */
    static final class Taker {
        private final long key0;
        private final long key1;

        /** Creates one with a random secret. */
        static Taker withRandomKey() {
            var random = new SecureRandom();
            return new Taker(random.nextLong(), random.nextLong());
        }

        Taker(long key0, long key1) {
            this.key0 = key0;
            this.key1 = key1;
        }

        /** Hashes the text. Characters outside ISO 8859-1 count as question marks; no key contains either. */
        Fingerprint of(String text) {
            byte[] bytes = text.getBytes(ISO_8859_1);
            var state = new State(key0, key1);
            int whole = bytes.length & ~7;
            for (int at = 0; at < whole; at += Long.BYTES) {
                state.absorb((long) LONG.get(bytes, at));
            }
            long last = (long) bytes.length << 56;
            for (int at = whole; at < bytes.length; at++) {
                last |= (bytes[at] & 0xFFL) << (8 * (at - whole));
            }
            state.absorb(last);
            return state.finish();
        }
    }

    private static final class State {
        private long v0;
        private long v1;
        private long v2;
        private long v3;

        State(long key0, long key1) {
            v0 = key0 ^ 0x736f6d6570736575L;
            v1 = key1 ^ 0x646f72616e646f6dL ^ 0xee;
            v2 = key0 ^ 0x6c7967656e657261L;
            v3 = key1 ^ 0x7465646279746573L;
        }

        void absorb(long word) {
            v3 ^= word;
            round();
            round();
            v0 ^= word;
        }

        Fingerprint finish() {
            v2 ^= 0xee;
            fourRounds();
            long first = v0 ^ v1 ^ v2 ^ v3;
            v1 ^= 0xdd;
            fourRounds();
            return new Fingerprint(first, v0 ^ v1 ^ v2 ^ v3);
        }

        private void fourRounds() {
            round();
            round();
            round();
            round();
        }

        private void round() {
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
        }
    }
}
