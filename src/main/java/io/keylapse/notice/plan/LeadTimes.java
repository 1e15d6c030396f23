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
 * When before its deadline the owner of a key is warned.
 *
 * <p>The usual times are for keys that live at least twice as long: nobody wants to hear on the second day that 29 are left
 * of 30. A key that lives too short for all of them is warned once, when about a quarter of its life or less is left; a key that lives
 * hardly longer than it takes to read a warning is not warned. Times that somebody chose for a key are as chosen.
 */
@Singleton
final class LeadTimes {
    /** For keys that live shorter than the usual times are made for: the longest of these within a quarter of their life. */
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

    /** All that any key may have which has none of its own. */
    Set<Duration> all() {
        return usual.isEmpty()
                ? Set.of()
                : new TreeSet<>(Stream.concat(usual.stream(), SHORTER.stream()).toList());
    }

    /**
     * The times at which a key is warned.
     *
     * @param chosen for this key; null for the usual ones
     * @param life from its issue or last renewal to its deadline
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
     * The last of a key's times that has come: what was missed before it is no longer worth telling.
     *
     * @param termBegan when the key was issued or last renewed
     */
    Optional<Duration> latestDue(@Nullable List<Duration> chosen, Instant termBegan, Instant deadline, Instant now) {
        return of(chosen, Duration.between(termBegan, deadline)).stream()
                .filter(each -> !deadline.minus(each).isAfter(now))
                .min(Comparator.naturalOrder());
    }
}
