package io.keylapse.http.management.stream;

import io.keylapse.registry.listing.KeyListing;
import java.util.Locale;

/** The lists that can be exported, and what their clients can narrow if reading a page takes too long. */
public enum ExportedList {
    AUDIT("from", "ask for a shorter time between from and to"),
    BLACKLIST("from", "ask for a shorter time between from and to"),
    KEYS("expiresTo", KeyListing.NARROW),
    OWNERS("q", "give the whole owner");

    private final String narrowed;
    private final String advice;

    ExportedList(String narrowed, String advice) {
        this.narrowed = narrowed;
        this.advice = advice;
    }

    /** The name of its files, without the suffix, and the tag of its metrics. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The parameter that the client can narrow. */
    String narrowed() {
        return narrowed;
    }

    /** How to narrow it. */
    public String advice() {
        return advice;
    }
}
