package io.keylapse.active.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisHealthTest {
    @ParameterizedTest
    @ValueSource(strings = {"Ex", "xE", "AKE", "EA", "KEx", "gxE$lsh"})
    void settings_that_keep_keys_and_announce_expiry_are_right(String events) {
        assertThat(RedisHealth.judge(Map.of("maxmemory-policy", "noeviction", "notify-keyspace-events", events)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "E", "Kx", "KA", "KEg$", "e"})
    void redis_that_does_not_announce_expiry_is_told_of(String events) {
        assertThat(RedisHealth.judge(Map.of("maxmemory-policy", "noeviction", "notify-keyspace-events", events)))
                .singleElement()
                .asString()
                .contains("notify-keyspace-events", "\"" + events + "\"", "Ex");
    }

    @ParameterizedTest
    @ValueSource(strings = {"allkeys-lru", "volatile-ttl", "volatile-lru", "allkeys-random"})
    void redis_that_may_throw_keys_away_is_told_of(String policy) {
        assertThat(RedisHealth.judge(Map.of("maxmemory-policy", policy, "notify-keyspace-events", "Ex")))
                .singleElement()
                .asString()
                .contains("maxmemory-policy", policy, "noeviction");
    }

    @Test
    void every_wrong_setting_is_told_of_and_what_cannot_be_read_is_not_guessed() {
        assertThat(RedisHealth.judge(Map.of("maxmemory-policy", "allkeys-lru", "notify-keyspace-events", "")))
                .hasSize(2);
        assertThat(RedisHealth.judge(Map.of())).isEmpty();
    }
}
