package io.keylapse.active.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerSettingsTest {
    @ParameterizedTest
    @ValueSource(strings = {"Ex", "xE", "AKE", "EA", "KEx", "gxE$lsh"})
    void settings_that_keep_keys_and_announce_expiry_are_right(String events) {
        assertThat(ServerSettings.complaints(
                        Map.of("maxmemory-policy", "noeviction", "notify-keyspace-events", events)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "E", "Kx", "KA", "KEg$", "e"})
    void a_redis_without_expiry_notifications_is_reported(String events) {
        assertThat(ServerSettings.complaints(
                        Map.of("maxmemory-policy", "noeviction", "notify-keyspace-events", events)))
                .singleElement()
                .asString()
                .contains("notify-keyspace-events", "\"" + events + "\"", "Ex");
    }

    @ParameterizedTest
    @ValueSource(strings = {"allkeys-lru", "volatile-ttl", "volatile-lru", "allkeys-random"})
    void a_redis_that_may_evict_keys_is_reported(String policy) {
        assertThat(ServerSettings.complaints(Map.of("maxmemory-policy", policy, "notify-keyspace-events", "Ex")))
                .singleElement()
                .asString()
                .contains("maxmemory-policy", policy, "noeviction");
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.8.19", "5.0.14", "6.0.16"})
    void a_redis_that_is_too_old_for_the_scripts_is_reported(String version) {
        assertThat(ServerSettings.complaints(Map.of("redis_version", version)))
                .singleElement()
                .asString()
                .contains(version, "too old", "6.2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"6.2.0", "7.0.15", "7.2.4", "8.0.3", "10.1.0", "unknown"})
    void redis_that_is_new_enough_is_not(String version) {
        assertThat(ServerSettings.complaints(Map.of("redis_version", version))).isEmpty();
    }

    @Test
    void valkey_is_new_enough_by_the_version_of_redis_that_it_stands_for() {
        assertThat(ServerSettings.complaints(
                        Map.of("redis_version", "7.2.4", "server_name", "valkey", "valkey_version", "8.1.0")))
                .isEmpty();
    }

    @Test
    void every_wrong_setting_is_reported_and_unreadable_ones_are_not_guessed() {
        assertThat(ServerSettings.complaints(Map.of("maxmemory-policy", "allkeys-lru", "notify-keyspace-events", "")))
                .hasSize(2);
        assertThat(ServerSettings.complaints(Map.of())).isEmpty();
    }
}
