package io.keylapse.http.management.stream;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.scheduling.TaskExecutors;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Streaming export of a selection of a list, page by page. One page is read ahead of the one that the client takes, and no
 * transaction stays open in between, so neither the number of rows nor the speed of the client matters. A client that reads
 * nothing for the timeout is disconnected.
 */
@Singleton
public final class Exports {
    /**
     * How long a running export waits for a connection to read the next page. It is long because a cancelled export wastes
     * everything that was sent.
     */
    private static final Duration MAX_WAIT = Duration.ofSeconds(20);

    private final ConnectionLanes lanes;
    private final ExportPlaces places;
    private final Scheduler threads;
    private final Duration timeout;
    private final ObjectMapper mapper;

    Exports(
            ConnectionLanes lanes,
            ExportPlaces places,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads,
            ExportSettings settings,
            ObjectMapper mapper) {
        this.lanes = lanes;
        this.places = places;
        // Not an ExecutorService, whose tasks could be interrupted: a client that disconnects would then break the
        // database
        // connection in use.
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
        this.timeout = settings.exportTimeout();
        this.mapper = mapper;
    }

    /**
     * Responds with the whole selection as a file, or with 429 or 503 if too many exports are under way. The first page is
     * read before anything is sent, so that an invalid selection still gets an error response.
     *
     * @param start where the export begins; null for the first page
     * @param pages reads the page behind a cursor, or the first one. A page takes 100 KB to 4 MB of memory. The last has no
     *     cursor.
     */
    public <T> HttpResponse<?> answer(
            HttpRequest<?> request,
            ExportedList list,
            ExportFormat format,
            ExportColumns<T> columns,
            @Nullable Cursor start,
            Function<@Nullable Cursor, Page<T>> pages) {
        return places.answer(
                request,
                ExportPlaces.tagOf(list),
                HttpResponse.ok()
                        .contentType(format.type())
                        .header(
                                HttpHeaders.CONTENT_DISPOSITION,
                                "attachment; filename=\"" + list.word() + format.suffix() + "\""),
                () -> from(
                        HeavyRead.of(list.narrowed(), list.advice(), () -> pages.apply(start)),
                        pages,
                        columns.header(format),
                        items -> columns.lines(format, mapper, items)));
    }

    private <T> Flux<byte[]> from(
            Page<T> firstPage,
            Function<@Nullable Cursor, Page<T>> pages,
            byte[] header,
            Function<List<T>, byte[]> lines) {
        // Released once it is sent, although the stream continues.
        var first = new AtomicReference<@Nullable Page<T>>(firstPage);
        var cancelled = new AtomicBoolean();
        return Flux.<Page<T>, Optional<Supplier<Page<T>>>>generate(
                        () -> Optional.of(() -> requireNonNull(first.getAndSet(null))),
                        (next, sink) ->
                                emit(next, cursor -> cancelled.get() ? Page.empty() : pages.apply(cursor), sink))
                .subscribeOn(threads)
                // One page is read while the one before is formatted and sent.
                .publishOn(threads, 1)
                .map(page -> lines.apply(page.items()))
                .doOnCancel(() -> cancelled.set(true))
                .startWith(header)
                .filter(piece -> piece.length > 0)
                .timeout(timeout, Flux.error(() -> new BrokenOffException(timeout)));
    }

    /** The client read nothing of an export for the timeout. The connection is closed. */
    private static final class BrokenOffException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenOffException(Duration timeout) {
            super("an export was cancelled, because its client read nothing for " + timeout, null, false, false);
        }
    }

    private <T> Optional<Supplier<Page<T>>> emit(
            Optional<Supplier<Page<T>>> next,
            Function<@Nullable Cursor, Page<T>> pages,
            SynchronousSink<Page<T>> sink) {
        if (next.isEmpty()) {
            sink.complete();
            return next;
        }
        Page<T> page = next.get().get();
        sink.next(page);
        return page.next()
                .map(cursor -> () -> lanes.withPlace(PostgresLane.HEAVY, MAX_WAIT, () -> pages.apply(cursor)));
    }
}
