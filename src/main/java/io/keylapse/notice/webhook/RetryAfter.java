package io.keylapse.notice.webhook;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Parser for the header {@code Retry-After} (RFC 9110, section 10.2.3): seconds, or a date. */
final class RetryAfter {
    /** Numbers with more digits are cut to this many nines. {@code Retries} limits the pause. */
    private static final int MAX_DIGITS = 9;

    /** Longer than any valid date. */
    private static final int MAX_CHARACTERS = 64;

    private static final DateTimeFormatter ASCTIME = DateTimeFormatter.ofPattern(
                    "EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private RetryAfter() {}

    /**
     * The pause, counted from the response; null if the header is absent or invalid, or if its date has passed.
     *
     * @param retryAfter the header {@code Retry-After}
     * @param date the header {@code Date}: a date in {@code Retry-After} is relative to the receiver's clock, which may
     *     differ from ours
     * @param now the time by our clock, which is used if there is no {@code Date}
     */
    static @Nullable Duration of(@Nullable String retryAfter, @Nullable String date, Instant now) {
        String asked = retryAfter == null ? "" : retryAfter.strip();
        if (!asked.isEmpty() && asked.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Duration.ofSeconds(Long.parseLong(asked.length() > MAX_DIGITS ? "9".repeat(MAX_DIGITS) : asked));
        }
        Instant until = instant(asked, now);
        if (until == null) {
            return null;
        }
        Instant theirs = date == null ? null : instant(date.strip(), now);
        Duration pause = Duration.between(theirs == null ? now : theirs, until);
        return pause.isPositive() ? pause : null;
    }

    /** A date in one of the three formats of RFC 9110, section 5.6.7; null if it has none of them. */
    private static @Nullable Instant instant(String text, Instant now) {
        if (text.length() > MAX_CHARACTERS) {
            return null;
        }
        String oneSpaced = text.replaceAll(" +", " ");
        for (DateTimeFormatter form : List.of(DateTimeFormatter.RFC_1123_DATE_TIME, rfc850(now), ASCTIME)) {
            try {
                return Instant.from(form.parse(oneSpaced));
            } catch (DateTimeException e) {
                // Try the next format.
            }
        }
        return null;
    }

    /** RFC 850 dates have two-digit years, which are at most 50 years in the future. */
    private static DateTimeFormatter rfc850(Instant now) {
        int earliest = now.atZone(ZoneOffset.UTC).getYear() - 49;
        return new DateTimeFormatterBuilder()
                .appendPattern("EEEE, dd-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, earliest)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.ENGLISH)
                .withZone(ZoneOffset.UTC);
    }
}
