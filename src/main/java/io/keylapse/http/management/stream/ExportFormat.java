package io.keylapse.http.management.stream;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.exceptions.HttpStatusException;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The formats of a list, default first, and the content negotiation between them (RFC 9110, section 12.5.1).
 * Micronaut's router supports neither {@code text/*} nor {@code q=0}.
 */
public enum ExportFormat {
    JSON(MediaType.APPLICATION_JSON, ".json"),
    CSV(MediaType.TEXT_CSV, ".csv"),
    NDJSON("application/x-ndjson", ".ndjson");

    private final String type;
    private final String suffix;

    ExportFormat(String type, String suffix) {
        this.type = type;
        this.suffix = suffix;
    }

    MediaType type() {
        return MediaType.of(type);
    }

    /** The ending of the name of a file in this format. */
    String suffix() {
        return suffix;
    }

    /**
     * The format that the caller prefers; the first of several with the same quality.
     *
     * @throws HttpStatusException if the caller accepts none (406)
     */
    public static ExportFormat accepted(HttpRequest<?> request) {
        List<MediaType> ranges = List.copyOf(request.accept());
        ExportFormat best = null;
        for (ExportFormat form : values()) {
            if (form.quality(ranges) > 0 && (best == null || form.quality(ranges) > best.quality(ranges))) {
                best = form;
            }
        }
        if (best == null) {
            throw new HttpStatusException(
                    HttpStatus.NOT_ACCEPTABLE, "Accept one of application/json, text/csv and application/x-ndjson.");
        }
        return best;
    }

    /** The quality of the most specific range that includes this format. */
    private double quality(List<MediaType> ranges) {
        if (ranges.isEmpty()) {
            return 1;
        }
        @Nullable
        MediaType closest = ranges.stream()
                .filter(range -> specificity(range) > 0)
                .max(Comparator.comparingInt(this::specificity))
                .orElse(null);
        return closest == null ? 0 : closest.getQualityAsNumber().doubleValue();
    }

    private int specificity(MediaType range) {
        if (range.getName().equalsIgnoreCase(type)) {
            return 3;
        }
        if (range.getName().equalsIgnoreCase(type.substring(0, type.indexOf('/')) + "/*")) {
            return 2;
        }
        return range.getName().equals(MediaType.ALL) ? 1 : 0;
    }
}
