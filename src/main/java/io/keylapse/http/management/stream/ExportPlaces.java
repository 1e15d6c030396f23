package io.keylapse.http.management.stream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;
import java.util.stream.Stream;

/** Concurrency limit for exports: 2 for each management key and 8 on the node. Each export holds a page in memory. */
@Singleton
final class ExportPlaces extends StreamPlaces {
    static final int MAX_PER_KEY = 2;
    static final int MAX = 8;

    ExportPlaces(MeterRegistry meters) {
        super(
                new Kind(
                        "keylapse.exports",
                        "open",
                        "TOO_MANY_EXPORTS",
                        "exports under way",
                        "read pages of JSON instead.",
                        MAX_PER_KEY,
                        MAX),
                Stream.of(ExportedList.values()).map(ExportPlaces::tagOf).toList(),
                meters);
    }

    /** The tag of the metrics of this list. */
    static Tags tagOf(ExportedList list) {
        return Tags.of("list", list.word());
    }
}
