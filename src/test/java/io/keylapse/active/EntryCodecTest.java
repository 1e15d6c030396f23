package io.keylapse.active;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.ActiveEntry.Tombstone;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyState;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EntryCodecTest {
    private static final int TRIES = 5000;
    private static final KeyId ID = new KeyId(UUID.fromString("0190163d-8694-739b-8a5a-4f0c6d2b1e3f"));
    private static final Instant AT = Instant.ofEpochMilli(0x0123456789ABL);

    private final RandomGenerator random = RandomGenerator.of("L64X128MixRandom");

    @Test
    void every_entry_is_read_back() {
        for (int i = 0; i < TRIES; i++) {
            ActiveEntry entry = random.nextBoolean() ? live() : tombstone();
            assertThat(EntryCodec.decode(EntryCodec.encode(entry))).isEqualTo(entry);
        }
    }

    @Test
    void longest_owner_and_scopes_are_read_back() {
        var entry = new Live(
                ID,
                1,
                AT,
                "🔑".repeat(200),
                IntStream.range(0, 50).mapToObj(i -> "s".repeat(39) + i).toList());

        assertThat(EntryCodec.decode(EntryCodec.encode(entry))).isEqualTo(entry);
    }

    @Test
    void bytes_are_those_that_other_nodes_wrote_and_the_script_reads() {
        String head = "00000102" + "00000123456789ab" + "0190163d8694739b8a5a4f0c6d2b1e3f";

        assertThat(hex(new Live(ID, 258, AT, "Zoë", List.of("a", "b"))))
                .isEqualTo("4c" + head + "00045a6fc3ab" + "612062");
        assertThat(hex(new Live(ID, 258, null, "o", List.of())))
                .isEqualTo("4c" + "00000102" + "0000000000000000" + head.substring(24) + "00016f");
        assertThat(hex(new Tombstone(ID, 258, KeyState.REVOKED, AT, null))).isEqualTo("52" + head);
        assertThat(hex(new Tombstone(ID, 258, KeyState.ROTATED, AT, ID))).isEqualTo("4f" + head + head.substring(24));
    }

    @Test
    void truncated_bytes_are_refused() {
        // Without scopes and successor, so that no prefix of the bytes is a valid entry.
        for (ActiveEntry entry :
                List.of(new Live(ID, 1, AT, "Zoë", List.of()), new Tombstone(ID, 1, KeyState.REVOKED, AT, null))) {
            byte[] bytes = EntryCodec.encode(entry);
            for (int length = 0; length < bytes.length; length++) {
                byte[] truncated = Arrays.copyOf(bytes, length);
                assertThatIllegalArgumentException().isThrownBy(() -> EntryCodec.decode(truncated));
            }
        }
    }

    @Test
    void half_a_successor_is_refused() {
        byte[] bytes = EntryCodec.encode(new Tombstone(ID, 1, KeyState.ROTATED, AT, ID));
        for (int length = bytes.length - 15; length < bytes.length; length++) {
            byte[] truncated = Arrays.copyOf(bytes, length);
            assertThatIllegalArgumentException().isThrownBy(() -> EntryCodec.decode(truncated));
        }
    }

    @Test
    void arbitrary_bytes_are_refused_or_read_but_never_break_the_reader() {
        for (int i = 0; i < TRIES; i++) {
            byte[] bytes = new byte[random.nextInt(80)];
            random.nextBytes(bytes);
            try {
                assertThat(EntryCodec.decode(bytes)).isNotNull();
            } catch (IllegalArgumentException refused) {
                assertThat(refused).hasMessageContaining("entry");
            }
        }
    }

    private Live live() {
        return new Live(
                id(),
                random.nextInt(1, Integer.MAX_VALUE),
                random.nextInt(4) == 0 ? null : instant(),
                text(1 + random.nextInt(200)),
                Stream.generate(() -> "s" + random.nextInt())
                        .limit(random.nextInt(10))
                        .toList());
    }

    private Tombstone tombstone() {
        return new Tombstone(
                id(),
                random.nextInt(1, Integer.MAX_VALUE),
                random.nextBoolean() ? KeyState.REVOKED : KeyState.ROTATED,
                instant(),
                random.nextBoolean() ? id() : null);
    }

    private KeyId id() {
        return new KeyId(new UUID(random.nextLong(), random.nextLong()));
    }

    private Instant instant() {
        return Instant.ofEpochMilli(random.nextLong(1, 253_402_300_800_000L));
    }

    /** A random text without control characters and surrogates. */
    private String text(int length) {
        return random.ints(0x20, 0x20000)
                .filter(c -> !Character.isISOControl(c) && (c < 0xD800 || c > 0xDFFF))
                .limit(length)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static String hex(ActiveEntry entry) {
        return HexFormat.of().formatHex(EntryCodec.encode(entry));
    }
}
