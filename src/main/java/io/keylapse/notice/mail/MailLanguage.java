package io.keylapse.notice.mail;

import java.time.Duration;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.FormatStyle;
import java.util.Locale;
import java.util.Optional;

/** A language with included templates: its quotation marks, what joins date and time, and the units of remaining times. */
enum MailLanguage {
    EN("“", "”", ", ", "minute", "minutes", "hour", "hours", "day", "days"),
    /** In the dative, which follows "in". */
    DE("„", "“", " um ", "Minute", "Minuten", "Stunde", "Stunden", "Tag", "Tagen"),
    FR("«\u00A0", "\u00A0»", " à ", "minute", "minutes", "heure", "heures", "jour", "jours"),
    ES("«", "»", ", ", "minuto", "minutos", "hora", "horas", "día", "días");

    private static final int MAX_MINUTES = 120;
    private static final int MAX_HOURS = 48;
    private static final double MINUTES_PER_HOUR = 60;
    private static final double HOURS_PER_DAY = 24;
    private static final double SECONDS_PER_MINUTE = 60;

    private final String open;
    private final String close;
    private final String at;
    private final String minute;
    private final String minutes;
    private final String hour;
    private final String hours;
    private final String day;
    private final String days;

    MailLanguage(
            String open,
            String close,
            String at,
            String minute,
            String minutes,
            String hour,
            String hours,
            String day,
            String days) {
        this.open = open;
        this.close = close;
        this.at = at;
        this.minute = minute;
        this.minutes = minutes;
        this.hour = hour;
        this.hours = hours;
        this.day = day;
        this.days = days;
    }

    /** The BCP 47 tag. */
    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The language with this tag, in lower case; empty if it has no included templates. */
    static Optional<MailLanguage> of(String tag) {
        for (MailLanguage language : values()) {
            if (language.tag().equals(tag)) {
                return Optional.of(language);
            }
        }
        return Optional.empty();
    }

    /** The format of instants; {@link FormatStyle} alone joins date and time with a space in French. */
    DateTimeFormatter dates() {
        return new DateTimeFormatterBuilder()
                .appendLocalized(FormatStyle.LONG, null)
                .appendLiteral(at)
                .appendLocalized(null, FormatStyle.SHORT)
                .toFormatter(Locale.forLanguageTag(tag()));
    }

    String quoted(String text) {
        return open + text + close;
    }

    /** A remaining time, rounded to minutes below 2 hours, to hours below 2 days, else to days; at least 1 minute. */
    String left(Duration left) {
        long wholeMinutes = Math.max(1, Math.round(left.toSeconds() / SECONDS_PER_MINUTE));
        if (wholeMinutes < MAX_MINUTES) {
            return counted(wholeMinutes, minute, minutes);
        }
        long wholeHours = Math.round(wholeMinutes / MINUTES_PER_HOUR);
        return wholeHours < MAX_HOURS
                ? counted(wholeHours, hour, hours)
                : counted(Math.round(wholeHours / HOURS_PER_DAY), day, days);
    }

    private static String counted(long count, String one, String many) {
        return count + " " + (count == 1 ? one : many);
    }
}
