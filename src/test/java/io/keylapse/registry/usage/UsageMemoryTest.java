package io.keylapse.registry.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.key.KeyId;
import io.keylapse.registry.usage.UsageMemory.Entry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class UsageMemoryTest {
    private static final int MAX_KEYS = 1_000;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final UsageMemory memory = memory(true);

    private UsageMemory memory(boolean enabled) {
        return new UsageMemory(new UsageSettings(enabled, Duration.ofMinutes(1), MAX_KEYS / 1_000), meters);
    }

    private static KeyId key(int number) {
        return new KeyId(new UUID(0, number));
    }

    private List<Entry> takeAll() {
        return memory.take(memory.keys(), Integer.MAX_VALUE);
    }

    @Test
    void uses_and_refusals_of_a_key_are_one_entry_with_the_latest_instants() {
        long before = System.nanoTime();
        memory.refused(key(1));
        memory.used(key(1));
        memory.refused(key(1));

        List<Entry> taken = takeAll();

        assertThat(taken).hasSize(1);
        UsageMemory.Pending what = taken.getFirst().what();
        assertThat(what.used()).isTrue();
        assertThat(what.refused()).isEqualTo(2);
        assertThat(what.usedAt()).isBetween(before, what.refusedAt());
        assertThat(memory.isEmpty()).isTrue();
    }

    @Test
    void what_could_not_be_written_is_put_back_and_never_hides_a_later_use() {
        memory.used(key(1));
        memory.refused(key(2));
        List<Entry> taken = takeAll();
        memory.used(key(1));
        memory.refused(key(2));
        List<Entry> later = takeAll();
        memory.putBack(later);

        memory.putBack(taken);

        assertThat(takeAll()).anySatisfy(each -> {
            assertThat(each.key()).isEqualTo(key(1));
            assertThat(each.what().usedAt()).isEqualTo(usedAt(later));
        });
        memory.putBack(taken);
        memory.putBack(later);
        assertThat(takeAll())
                .anySatisfy(each -> assertThat(each.what().refused()).isEqualTo(2));
    }

    private static long usedAt(List<Entry> entries) {
        return entries.stream()
                .filter(each -> each.key().equals(key(1)))
                .findFirst()
                .orElseThrow()
                .what()
                .usedAt();
    }

    @Test
    void a_full_memory_drops_further_keys_and_says_so_once() {
        for (int i = 0; i < MAX_KEYS; i++) {
            memory.used(key(i));
        }
        assertThat(memory.used(key(1))).isTrue();
        assertThat(memory.takeGap()).isFalse();

        assertThat(memory.used(key(MAX_KEYS))).isFalse();

        assertThat(memory.takeGap()).isTrue();
        assertThat(memory.takeGap()).isFalse();
        assertThat(takeAll()).hasSize(MAX_KEYS);
        assertThat(meters.get("keylapse.usage.dropped").functionCounter().count())
                .isEqualTo(1);
    }

    @Test
    void nothing_is_recorded_if_recording_is_off() {
        UsageMemory off = memory(false);
        off.used(key(1));
        off.refused(key(2));
        assertThat(off.isEmpty()).isTrue();
    }
}
