package io.keylapse.notice.delivery;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to deliver, as the log has it.
 *
 * @param number counts from 1
 * @param outcome what happened, for people
 */
public record Attempt(
        int number,
        Instant begunAt,
        Duration took,
        @Nullable Integer status,
        String outcome,
        @Nullable String response) {}
