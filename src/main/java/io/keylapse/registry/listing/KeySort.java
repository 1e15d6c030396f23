package io.keylapse.registry.listing;

import java.util.Arrays;
import java.util.Optional;

/** An order of keys that a caller asks for. A minus means descending. */
public enum KeySort {
    OLDEST("issuedAt"),
    NEWEST("-issuedAt"),
    /** Active keys without a deadline come last. */
    SOONEST("expiresAt"),
    /** Active keys without a deadline come first. */
    LATEST("-expiresAt");

    private final String word;

    KeySort(String word) {
        this.word = word;
    }

    /** The order with this name in the API; empty if there is none. */
    public static Optional<KeySort> parse(String word) {
        return Arrays.stream(values()).filter(each -> each.word.equals(word)).findFirst();
    }

    boolean isByDeadline() {
        return this == SOONEST || this == LATEST;
    }

    boolean isDescending() {
        return word.startsWith("-");
    }
}
