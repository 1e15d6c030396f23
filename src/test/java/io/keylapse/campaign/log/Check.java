package io.keylapse.campaign.log;

import java.time.Instant;

/**
 * One call of {@code /check}.
 *
 * @param status of the answer; 0 when there was none
 * @param code why it was refused; empty when it was not
 */
public record Check(Key key, int node, Instant start, Instant end, int status, String code) {
    /** Whether the key was accepted. */
    public boolean accepted() {
        return status == 200;
    }

    /** Whether the key was called bad. */
    public boolean refused() {
        return status == 401 || status == 403;
    }

    @Override
    public String toString() {
        return "%s .. %s node %d check %s -> %d %s".formatted(start, end, node, key, status, code);
    }
}
