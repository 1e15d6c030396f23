package io.keylapse.key.input;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** RFC 3339 instants: written in UTC with milliseconds, parsed with any offset. */
public final class Rfc3339 {
    private static final DateTimeFormatter WRITTEN = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    /** The parser accepts more of ISO 8601: times without seconds, offsets without minutes or with seconds. */
    private static final Pattern FORM =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})");

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

    private Rfc3339() {}

    /** The instant as text. */
    public static String format(Instant instant) {
        return instant.isBefore(FIRST) || instant.isAfter(LAST) ? WRITTEN.format(instant) : digits(instant);
    }

    /** Formats without {@link DateTimeFormatter}, which would cost more than the rest of the response to a check. */
    private static String digits(Instant instant) {
        var at = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
        byte[] text = "0000-00-00T00:00:00.000Z".getBytes(ISO_8859_1);
        write(at.getYear(), text, 3);
        write(at.getMonthValue(), text, 6);
        write(at.getDayOfMonth(), text, 9);
        write(at.getHour(), text, 12);
        write(at.getMinute(), text, 15);
        write(at.getSecond(), text, 18);
        write(at.getNano() / 1_000_000, text, 22);
        return new String(text, ISO_8859_1);
    }

    /** Writes a number, whose last digit is at index {@code last}. */
    private static void write(int number, byte[] text, int last) {
        int rest = number;
        for (int i = last; rest > 0; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The instant as text, or null for null. */
    public static @Nullable String formatNullable(@Nullable Instant instant) {
        return instant == null ? null : format(instant);
    }

    /** Parses an instant. Empty if the text is not an RFC 3339 instant, or outside the years 1 to 9999. */
    public static Optional<Instant> parse(String text) {
        try {
            if (!FORM.matcher(text).matches()) {
                return Optional.empty();
            }
            Instant instant = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
            return instant.isBefore(FIRST) || instant.isAfter(LAST) ? Optional.empty() : Optional.of(instant);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
