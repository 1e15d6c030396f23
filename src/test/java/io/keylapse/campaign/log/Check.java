package io.keylapse.campaign.log;

import java.time.Instant;

/**
 * One call of {@code /check}.
 *
 * @param status of the response; 0 if there was none
 * @param code of a refusal; otherwise empty
 */
public record Check(Key key, int node, Instant start, Instant end, int status, String code) {
    /** Whether the key was accepted. */
    public boolean accepted() {
        return status == 200;
    }

    /** Whether the key was refused as invalid. */
    public boolean refused() {
        return status == 401 || status == 403;
    }

    @Override
    public String toString() {
        return "%s .. %s node %d check %s -> %d %s".formatted(start, end, node, key, status, code);
    }
}
