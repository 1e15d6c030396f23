package io.keylapse.harness;

import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/** The clock of a node that believes it to be another time than it is. */
@Factory
@Requires(property = SkewedClock.SETTING)
public class SkewedClock {
    /** How far the node is ahead; a duration, negative when it is behind. */
    public static final String SETTING = "test.clock-ahead";

    @Bean
    @Singleton
    @Replaces(Clock.class)
    Clock clock(@Value("${" + SETTING + "}") Duration ahead) {
        return Clock.offset(Clock.systemUTC(), ahead);
    }
}
