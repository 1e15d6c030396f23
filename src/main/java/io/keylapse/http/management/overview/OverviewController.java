package io.keylapse.http.management.overview;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.blacklist.RecordingLag;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Query;
import io.keylapse.key.input.IsoDuration;
import io.keylapse.registry.KeyCounts;
import io.keylapse.registry.KeyCounts.Count;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Counts for the overview page, which are cheap however many keys there are. */
@Controller("/v1/overview")
@ExecuteOn(TaskExecutors.BLOCKING)
final class OverviewController {
    private static final List<Duration> AHEAD = List.of(Duration.ofDays(1), Duration.ofDays(7), Duration.ofDays(30));

    private final KeyCounts counts;
    private final RecordingLag lag;

    OverviewController(KeyCounts counts, RecordingLag lag) {
        this.counts = counts;
        this.lag = lag;
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record OverviewJson(
            CountJson live,
            List<ExpiringJson> expiring,
            @Nullable LagJson lag) {}

    /** A number of keys, which is an estimate unless {@code exact} is true. */
    record CountJson(long keys, boolean exact) {
        static CountJson of(Count count) {
            return new CountJson(count.keys(), count.exact());
        }
    }

    record ExpiringJson(String within, long keys, boolean exact) {}

    record LagJson(long medianMs, long p99Ms, int of) {}

    @Get
    @Needs(Permission.READ_KEYS)
    OverviewJson overview(HttpRequest<?> request) {
        var _ = new Query(request, Set.of());
        Stream<ExpiringJson> expiring = AHEAD.stream().map(within -> {
            Count count = counts.expiringWithin(within);
            return new ExpiringJson(IsoDuration.format(within), count.keys(), count.exact());
        });
        return new OverviewJson(
                CountJson.of(counts.live()),
                expiring.toList(),
                lag.read()
                        .map(found -> new LagJson(
                                found.median().toMillis(), found.p99().toMillis(), found.of()))
                        .orElse(null));
    }
}
