package io.keylapse.notice.plan;

import io.keylapse.key.input.IsoDuration;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which notices owners get, and how long notices are kept.
 *
 * @param enabled plan and deliver notices on this node
 * @param leadTimes how long before its deadline the owner of a key is warned, unless the key has its own times
 * @param keptFor how long notices, their deliveries and attempts are kept after the last delivery has ended; at least
 *     {@code P1D}. Notices that are still to be delivered are kept until they are
 * @param skipUnusedFor do not warn about keys that nobody has used for this long, at least {@code P1D}; the warnings are
 *     recorded as not sent. By default all owners are warned
 */
@ConfigurationProperties("keylapse.notices")
record NoticeSettings(
        @Bindable(defaultValue = "true") boolean enabled,
        @Bindable(defaultValue = "P30D,P7D,P1D") List<String> leadTimes,
        @Bindable(defaultValue = "P90D") Duration keptFor,
        @Nullable Duration skipUnusedFor) {
    private static final Duration MIN_LEAD_TIME = Duration.ofMinutes(1);
    private static final Duration MIN_KEPT_FOR = Duration.ofDays(1);
    private static final Duration MIN_SKIP_UNUSED_FOR = Duration.ofDays(1);

    NoticeSettings {
        leadTimes = List.copyOf(leadTimes);
        leadTimes.forEach(NoticeSettings::parse);
        atLeastADay(skipUnusedFor);
        if (keptFor.compareTo(MIN_KEPT_FOR) < 0) {
            throw new IllegalArgumentException(
                    "keylapse.notices.kept-for (KEYLAPSE_NOTICES_KEPT_FOR) must be at least P1D, not " + keptFor);
        }
    }

    private static void atLeastADay(@Nullable Duration skipUnusedFor) {
        if (skipUnusedFor != null && skipUnusedFor.compareTo(MIN_SKIP_UNUSED_FOR) < 0) {
            throw new IllegalArgumentException("keylapse.notices.skip-unused-for (KEYLAPSE_NOTICES_SKIP_UNUSED_FOR)"
                    + " must be at least P1D, not " + skipUnusedFor);
        }
    }

    /** The lead times, in no particular order. */
    List<Duration> usualLeadTimes() {
        return leadTimes.stream().map(NoticeSettings::parse).toList();
    }

    private static Duration parse(String text) {
        return IsoDuration.parse(text)
                .filter(time -> time.compareTo(MIN_LEAD_TIME) >= 0)
                .orElseThrow(() -> new IllegalArgumentException("keylapse.notices.lead-times"
                        + " (KEYLAPSE_NOTICES_LEAD_TIMES) must be durations of at least PT1M such as P7D, not \"" + text
                        + "\""));
    }
}
