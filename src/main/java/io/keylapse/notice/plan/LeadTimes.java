package io.keylapse.notice.plan;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Lead times: how long before its deadline the owner of a key is notified.
 *
 * <p>A configured lead time applies to keys whose lifetime is at least twice as long: nobody needs a notice on the second
 * day that 29 days of 30 are left. If the lifetime is too short for all of them, there is one notice, when a quarter of the
 * lifetime or less is left; keys that live less than 4 minutes get none. Lead times that were chosen for a key apply if they
 * are shorter than its lifetime.
 */
@Singleton
final class LeadTimes {
    /**
     * For keys whose lifetime is too short for the configured lead times: the longest of these that is at most a quarter of
     * the lifetime applies.
     */
    private static final List<Duration> SHORTER = List.of(
            Duration.ofDays(3),
            Duration.ofHours(12),
            Duration.ofHours(6),
            Duration.ofHours(3),
            Duration.ofHours(1),
            Duration.ofMinutes(30),
            Duration.ofMinutes(15),
            Duration.ofMinutes(5),
            Duration.ofMinutes(1));

    private final List<Duration> usual;

    LeadTimes(NoticeSettings settings) {
        this.usual = settings.usualLeadTimes().stream()
                .sorted(Comparator.reverseOrder())
                .distinct()
                .toList();
    }

    /** All lead times that keys without their own may have. */
    Set<Duration> all() {
        return usual.isEmpty()
                ? Set.of()
                : new TreeSet<>(Stream.concat(usual.stream(), SHORTER.stream()).toList());
    }

    /**
     * The lead times of a key.
     *
     * @param chosen those chosen for this key; null for the configured ones
     * @param life the time from its issue or last renewal to its deadline
     */
    Collection<Duration> of(@Nullable List<Duration> chosen, Duration life) {
        if (chosen != null) {
            return chosen.stream().filter(each -> each.compareTo(life) < 0).toList();
        }
        List<Duration> fitting = usual.stream()
                .filter(each -> each.multipliedBy(2).compareTo(life) <= 0)
                .toList();
        if (!fitting.isEmpty() || usual.isEmpty()) {
            return fitting;
        }
        return SHORTER.stream()
                .filter(each -> each.multipliedBy(4).compareTo(life) <= 0)
                .findFirst()
                .map(List::of)
                .orElse(List.of());
    }

    /**
     * The shortest lead time of a key that is due now. Longer ones that were missed, for example during an outage, are
     * skipped.
     *
     * @param termBegan when the key was issued or last renewed
     */
    Optional<Duration> latestDue(@Nullable List<Duration> chosen, Instant termBegan, Instant deadline, Instant now) {
        return of(chosen, Duration.between(termBegan, deadline)).stream()
                .filter(each -> !deadline.minus(each).isAfter(now))
                .min(Comparator.naturalOrder());
    }
}
