package io.keylapse.harness;

import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/** Replaces a node's clock by one that is ahead or behind. */
@Factory
@Requires(property = SkewedClock.SETTING)
public class SkewedClock {
    /** The setting for how far the node's clock is ahead; a duration, negative if it is behind. */
    public static final String SETTING = "test.clock-ahead";

    @Bean
    @Singleton
    @Replaces(Clock.class)
    Clock clock(@Value("${" + SETTING + "}") Duration ahead) {
        return Clock.offset(Clock.systemUTC(), ahead);
    }
}
