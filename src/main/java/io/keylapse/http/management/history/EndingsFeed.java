package io.keylapse.http.management.history;

import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.http.Draining;
import io.keylapse.http.Problem;
import io.keylapse.http.access.Needs;
import io.keylapse.http.management.Query;
import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.sse.Event;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import jakarta.inject.Named;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Endings as they are recorded, as server-sent events: {@code ending} with an entry and, as its id, the cursor to go on
 * from; {@code skipped} when there are more than a person can read, and some were left out; {@code quiet} now and then, so
 * that both ends know that the other is there. It ends by itself after a while, so that nobody listens for longer than
 * their management key lives.
 */
@Controller("/v1/blacklist/feed")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class EndingsFeed {
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofMinutes(5);
    private static final int MOST_SHOWN = 50;

    /** Each asks Postgres once a second. */
    private static final int MOST_LISTENERS = 50;

    private final BlacklistHistory history;
    private final Draining draining;
    private final Scheduler threads;
    private final AtomicInteger listeners = new AtomicInteger();

    EndingsFeed(BlacklistHistory history, Draining draining, @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.history = history;
        this.draining = draining;
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
    }

    /** What goes with {@code skipped} and {@code quiet}: nothing. */
    record Nothing() {}

    @Get
    @Produces(MediaType.TEXT_EVENT_STREAM)
    HttpResponse<?> listen(HttpRequest<?> request) {
        @Nullable Cursor from = new Query(request, Set.of("cursor")).cursor();
        var listener = new Listener(from == null ? history.present() : from);
        // Finds out whether the cursor is one of ours before anything is sent.
        List<Event<?>> first = listener.read();
        if (listeners.get() >= MOST_LISTENERS) {
            return Problem.of(
                            request,
                            HttpStatus.SERVICE_UNAVAILABLE,
                            "TOO_MANY_LISTENERS",
                            "So many listen already that one more would be a burden. Try again later.")
                    .response()
                    .contentType(MediaType.of("application/problem+json"));
        }
        Flux<Event<?>> events = Flux.interval(PERIOD)
                .onBackpressureDrop()
                .takeUntil(_ -> draining.hasBegun())
                .take(LONGEST)
                .concatMap(_ -> Mono.fromCallable(listener::read).subscribeOn(threads), 1)
                .startWith(first)
                .concatMapIterable(read -> read, 1);
        return HttpResponse.ok(counted(events))
                .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
                // Or nginx would keep events back until it has a buffer full of them.
                .header("X-Accel-Buffering", "no");
    }

    /** Counted from when somebody reads, which nobody does for a HEAD. */
    private Flux<Event<?>> counted(Flux<Event<?>> events) {
        return Flux.defer(() -> {
            listeners.incrementAndGet();
            return events.doFinally(_ -> listeners.decrementAndGet());
        });
    }

    /** How far somebody has listened. */
    private final class Listener {
        private Cursor reached;

        Listener(Cursor reached) {
            this.reached = reached;
        }

        List<Event<?>> read() {
            try {
                return next();
            } catch (RuntimeException e) {
                if (!PostgresFailure.isUnavailable(e)) {
                    throw e;
                }
                // Goes on when Postgres does.
                return List.of(quiet());
            }
        }

        private List<Event<?>> next() {
            var all = new BlacklistFilter(null, null, null, null, null);
            Page<BlacklistEntry> page = history.inOrderOfRecording(all, reached, MOST_SHOWN + 1);
            Cursor next = page.next().orElse(reached);
            var events = new ArrayList<Event<?>>();
            for (BlacklistEntry entry :
                    page.items().subList(0, Math.min(MOST_SHOWN, page.items().size()))) {
                events.add(Event.of(BlacklistJson.of(entry))
                        .name("ending")
                        .id(BlacklistHistory.behind(entry).toString()));
            }
            if (page.items().size() > MOST_SHOWN) {
                next = history.present();
                events.add(Event.of(new Nothing()).name("skipped").id(next.toString()));
            }
            reached = next;
            return events.isEmpty() ? List.of(quiet()) : events;
        }

        private Event<?> quiet() {
            return Event.of(new Nothing()).name("quiet").id(reached.toString());
        }
    }
}
