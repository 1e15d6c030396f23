package io.keylapse.http.management.history;

import io.keylapse.blacklist.BlacklistFilter;
import io.keylapse.blacklist.BlacklistHistory;
import io.keylapse.blacklist.PageSize;
import io.keylapse.http.Draining;
import io.keylapse.http.access.ManagementGate;
import io.keylapse.http.access.audience.Needs;
import io.keylapse.http.management.Query;
import io.keylapse.http.management.stream.FeedPlaces;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.sse.Event;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import jakarta.inject.Named;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Live feed of endings as server-sent events, in the order in which they are recorded. The events are {@code ending}, with
 * an entry and, as the event id, the cursor to continue from; {@code skipped}, if too many keys ended at once and some were
 * left out; and otherwise {@code quiet}, once a second, so that both sides notice when the other is gone. The feed ends
 * within 1 second after its management key, and after 5 minutes at the latest. {@code Last-Event-ID} or {@code cursor}
 * continues an earlier feed.
 *
 * @see <a href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, Server-sent events</a>
 */
@Controller("/v1/blacklist/feed")
@ExecuteOn(TaskExecutors.BLOCKING)
@Needs(Permission.READ_HISTORY)
final class EndingsFeed {
    private static final String LAST_EVENT_ID = "Last-Event-ID";
    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final Duration MAX_DURATION = Duration.ofMinutes(5);

    private final BlacklistHistory history;
    private final Draining draining;
    private final FeedPlaces places;
    private final FeedCredentials credentials;
    private final Scheduler threads;

    EndingsFeed(
            BlacklistHistory history,
            Draining draining,
            FeedPlaces places,
            FeedCredentials credentials,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads) {
        this.history = history;
        this.draining = draining;
        this.places = places;
        this.credentials = credentials;
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
    }

    /** The empty data of {@code skipped} and {@code quiet}. */
    record Nothing() {}

    @Get
    @Produces(MediaType.TEXT_EVENT_STREAM)
    HttpResponse<?> listen(HttpRequest<?> request) {
        // The gate has just checked the key.
        long confirmed = System.nanoTime();
        @Nullable Cursor from = start(request);
        ManagementKeyId key = ManagementGate.callerOf(request).id();
        MutableHttpResponse<?> response = HttpResponse.ok()
                .contentType(MediaType.TEXT_EVENT_STREAM_TYPE)
                // Without it, nginx would hold events back until its buffer is full.
                .header("X-Accel-Buffering", "no");
        return places.answer(
                request,
                response,
                () -> events(new Listener(from == null ? history.present() : from))
                        // Last, so that the feed ends whether or not the client reads.
                        .takeUntilOther(end(key, confirmed)));
    }

    /** The header has precedence: a browser that reconnects sends it to the original URL, which may still have a cursor. */
    private static @Nullable Cursor start(HttpRequest<?> request) {
        @Nullable Cursor cursor = new Query(request, Set.of("cursor")).cursor();
        List<String> ids = request.getHeaders().getAll(LAST_EVENT_ID);
        if (ids.isEmpty() || ids.equals(List.of(""))) {
            return cursor == null ? null : BlacklistHistory.inRecordingOrder(cursor);
        }
        try {
            return BlacklistHistory.inRecordingOrder(Cursor.parse(String.join(",", ids)));
        } catch (InvalidInputException e) {
            throw new InvalidInputException(LAST_EVENT_ID, "must be the id of an event of this feed");
        }
    }

    private Flux<Event<?>> events(Listener listener) {
        return Flux.interval(Duration.ZERO, PERIOD)
                .onBackpressureDrop()
                .concatMap(
                        _ -> Mono.fromCallable(listener::read)
                                .subscribeOn(threads)
                                .repeat(listener::isBehind),
                        1)
                .concatMapIterable(read -> read, 1);
    }

    private Mono<?> end(ManagementKeyId key, long confirmed) {
        return Mono.firstWithSignal(
                credentials.end(key, confirmed),
                Mono.delay(MAX_DURATION),
                Flux.interval(PERIOD).filter(_ -> draining.hasBegun()).next());
    }

    /** The position of one client in the feed. */
    private final class Listener {
        /** Rows read at a time. */
        private static final int ROWS = 100;

        /** Rows that are sent without a pause. Nobody could follow more, so the rest is skipped. */
        private static final int MAX_IN_A_ROW = 1_000;

        private static final BlacklistFilter ALL = new BlacklistFilter(null, null, null, null, null);

        private Cursor reached;
        private int inARow;
        private boolean behind;

        Listener(Cursor reached) {
            this.reached = reached;
        }

        /** Whether more rows can be read at once. */
        boolean isBehind() {
            return behind;
        }

        List<Event<?>> read() {
            try {
                return next();
            } catch (RuntimeException e) {
                if (!PostgresFailure.isPassing(e)) {
                    throw e;
                }
                // Continues when Postgres is available again.
                behind = false;
                return List.of(quiet());
            }
        }

        private List<Event<?>> next() {
            Page<BlacklistEntry> page = history.inOrderOfRecording(ALL, reached, PageSize.ofRows(ROWS));
            if (inARow == MAX_IN_A_ROW && !page.items().isEmpty()) {
                reached = history.present();
                inARow = 0;
                behind = false;
                return List.of(event("skipped", new Nothing(), reached));
            }
            behind = page.items().size() == ROWS;
            inARow = behind ? inARow + ROWS : 0;
            reached = page.next().orElse(reached);
            return page.items().isEmpty()
                    ? List.of(quiet())
                    : page.items().stream()
                            .<Event<?>>map(
                                    entry -> event("ending", BlacklistJson.of(entry), BlacklistHistory.behind(entry)))
                            .toList();
        }

        private Event<?> quiet() {
            return event("quiet", new Nothing(), reached);
        }

        private static Event<?> event(String name, Object data, Cursor id) {
            return Event.of(data).name(name).id(id.toString());
        }
    }
}
