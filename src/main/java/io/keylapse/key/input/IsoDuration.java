package io.keylapse.key.input;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/** Text format of durations: ISO 8601 in days and time, such as {@code P30D} or {@code PT15M}; no years and months. */
public final class IsoDuration {
    /** The parser of the JDK accepts more: signs, small letters, and {@code P1DT-1H}. */
    private static final Pattern FORM = Pattern.compile("P(\\d+D)?(T(?=\\d)(\\d+H)?(\\d+M)?(\\d+([.,]\\d+)?S)?)?");

    private IsoDuration() {}

    /** Parses a duration; empty if the text has another form. */
    public static Optional<Duration> parse(String text) {
        try {
            return FORM.matcher(text).matches() ? Optional.of(Duration.parse(text)) : Optional.empty();
        } catch (DateTimeException | ArithmeticException e) {
            return Optional.empty();
        }
    }

    /** Formats a duration. Whole days are written as days. */
    public static String format(Duration duration) {
        Duration rest = duration.minusDays(duration.toDays());
        if (duration.toDays() == 0) {
            return duration.toString();
        }
        return "P" + duration.toDays() + "D"
                + (rest.isZero() ? "" : rest.toString().substring(1));
    }
}
