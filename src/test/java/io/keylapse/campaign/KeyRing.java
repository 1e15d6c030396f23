package io.keylapse.campaign;

import io.keylapse.campaign.log.Key;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/** The keys that clients hold. Recently changed keys are checked more often, because mistakes show there. */
final class KeyRing {
    private static final int RECENT = 96;
    private static final int CHANGEABLE = 400;

    private final List<Held> all = new ArrayList<>();
    private final List<Held> recent = new ArrayList<>();

    /** A key and its text. */
    record Held(Key key, String secret) {
        static Held of(String id, String secret) {
            try {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.US_ASCII));
                return new Held(new Key(id, HexFormat.of().formatHex(digest, 0, 16)), secret);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    synchronized void add(Held held) {
        all.add(held);
        touch(held);
    }

    /** Marks the key as recently changed. */
    synchronized void touch(Held held) {
        recent.add(held);
        if (recent.size() > RECENT) {
            recent.removeFirst();
        }
    }

    /** A key to check: usually a recently changed one, sometimes any. */
    synchronized Held toCheck(Random random) {
        return random.nextInt(4) > 0 ? any(recent, random) : any(all, random);
    }

    /** A key to change, issued recently, because older ones have mostly ended. */
    synchronized Held toChange(Random random) {
        return any(all.subList(Math.max(0, all.size() - CHANGEABLE), all.size()), random);
    }

    private static Held any(List<Held> keys, Random random) {
        return keys.isEmpty() ? null : keys.get(random.nextInt(keys.size()));
    }
}
