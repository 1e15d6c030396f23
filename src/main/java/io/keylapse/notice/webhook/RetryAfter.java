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

/** How long a receiver asks to be left alone: the header {@code Retry-After} (RFC 9110, 10.2.3), in seconds or as a date. */
final class RetryAfter {
    /** More digits than this are as good as for ever; what is heeded at most is for {@code Retries} to say. */
    private static final int MAX_DIGITS = 9;

    /** More than any date has. */
    private static final int MAX_CHARACTERS = 64;

    private static final DateTimeFormatter ASCTIME = DateTimeFormatter.ofPattern(
                    "EEE MMM d HH:mm:ss yyyy", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private RetryAfter() {}

    /**
     * How long, from the answer on; null when it did not ask, when what it says cannot be read, and when that is over.
     *
     * @param retryAfter the header of that name
     * @param date the header {@code Date}: a date is counted from the receiver's own clock, which may differ from ours
     * @param now by our clock, which is taken when the receiver does not tell its own
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

    /** A date in any of the three forms of RFC 9110, 5.6.7; null when it has none of them. */
    private static @Nullable Instant instant(String text, Instant now) {
        if (text.length() > MAX_CHARACTERS) {
            return null;
        }
        String oneSpaced = text.replaceAll(" +", " ");
        for (DateTimeFormatter form : List.of(DateTimeFormatter.RFC_1123_DATE_TIME, rfc850(now), ASCTIME)) {
            try {
                return Instant.from(form.parse(oneSpaced));
            } catch (DateTimeException e) {
                // Another form, or none.
            }
        }
        return null;
    }

    /** Its years have two digits, and are never more than 50 years ahead. */
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
