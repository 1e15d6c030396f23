package io.keylapse.notice.delivery;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A logged attempt of a delivery.
 *
 * @param number counts from 1
 * @param outcome what happened, as text
 */
public record Attempt(
        int number,
        Instant begunAt,
        Duration took,
        @Nullable Integer status,
        String outcome,
        @Nullable String response) {}
