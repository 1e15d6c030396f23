package io.keylapse.http.management.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.http.management.stream.StreamPlaces.Place;
import io.keylapse.key.ManagementKeyId;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FeedPlacesTest {
    private final FeedPlaces places = new FeedPlaces(new SimpleMeterRegistry());
    private final ManagementKeyId key = ManagementKeyId.generate(Instant.EPOCH);

    private Place take(ManagementKeyId ofKey) {
        return (Place) places.take(ofKey, Tags.empty());
    }

    @Test
    void place_is_given_back_once_however_often_it_is_left() {
        Place first = take(key);
        for (int i = 1; i < FeedPlaces.MAX_PER_KEY; i++) {
            take(key);
        }
        assertThat(places.take(key, Tags.empty())).isEqualTo(FeedPlaces.Full.FOR_KEY);

        first.leave();
        first.leave();

        take(key);
        assertThat(places.take(key, Tags.empty())).isEqualTo(FeedPlaces.Full.FOR_KEY);
    }

    @Test
    void unused_place_is_given_back_and_cannot_be_used_afterwards() {
        Place unused = take(key);
        unused.leaveUnlessUsed();
        assertThat(unused.use()).isFalse();
        assertThat(places.keys()).isEmpty();
    }

    @Test
    void place_in_use_is_kept_until_it_is_left() {
        Place used = take(key);
        assertThat(used.use()).isTrue();
        used.leaveUnlessUsed();
        assertThat(places.keys()).containsExactly(key);
        used.leave();
        assertThat(places.keys()).isEmpty();
    }

    @Test
    void all_keys_together_have_fifty_places() {
        for (int i = 0; i < FeedPlaces.MAX; i++) {
            take(ManagementKeyId.generate(Instant.EPOCH));
        }
        assertThat(places.take(key, Tags.empty())).isEqualTo(FeedPlaces.Full.IN_ALL);
        assertThat(places.keys()).hasSize(FeedPlaces.MAX);
    }
}
