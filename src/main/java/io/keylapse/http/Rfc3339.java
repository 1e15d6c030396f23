package io.keylapse.http;

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

/** Instants as text: RFC 3339, written in UTC with milliseconds, read with any offset. */
public final class Rfc3339 {
    private static final DateTimeFormatter WRITTEN = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    /** ISO 8601, which the parser takes, has more: no seconds, offsets without minutes or with seconds. */
    private static final Pattern FORM =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})");

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

    private Rfc3339() {}

    /** The instant as text. */
    public static String format(Instant instant) {
        return instant.isBefore(FIRST) || instant.isAfter(LAST) ? WRITTEN.format(instant) : digits(instant);
    }

    /** The same without the formatter, which costs more than all else in the answer to a check. */
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

    /** Writes a number whose last digit stands there. */
    private static void write(int number, byte[] text, int last) {
        int rest = number;
        for (int i = last; rest > 0; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The instant as text; null for none. */
    public static @Nullable String formatNullable(@Nullable Instant instant) {
        return instant == null ? null : format(instant);
    }

    /** The instant that this text is, or nothing when it is none, or not within the years 1 to 9999. */
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
