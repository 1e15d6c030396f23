package io.keylapse.http.management.stream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

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
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Streaming export of a selection of a list, one page at a time. The next page is read when the client has taken the last
 * one, and no transaction stays open in between, so neither the number of rows nor the speed of the client matters. A client
 * that reads nothing for the timeout is disconnected.
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

    Exports(
            ConnectionLanes lanes,
            ExportPlaces places,
            @Named(TaskExecutors.BLOCKING) ExecutorService threads,
            ExportSettings settings) {
        this.lanes = lanes;
        this.places = places;
        // Not an ExecutorService, whose tasks could be interrupted: a client that disconnects would then break the
        // database
        // connection in use.
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
        this.timeout = settings.exportTimeout();
    }

    /** How a selection is read and written. */
    public interface Selection<T> {
        /** The page behind the cursor, or the first one. A page takes 100 KB to 4 MB of memory. The last has no cursor. */
        Page<T> page(@Nullable Cursor cursor);

        /** The first line; empty for none. */
        String header();

        /** The lines of a page. */
        byte[] format(List<T> rows);

        /** The parameter that the client can narrow if the first page takes too long, and how. */
        Narrowing narrowing();
    }

    /** A parameter and how to narrow it. */
    public record Narrowing(String field, String advice) {}

    /**
     * Responds with the whole selection as a file, or with 429 or 503 if too many exports are under way. The first page is
     * read before anything is sent, so that an invalid selection still gets an error response.
     *
     * @param name the name of the file, without its suffix
     */
    public <T> HttpResponse<?> answer(
            HttpRequest<?> request, String name, ExportFormat format, @Nullable Cursor start, Selection<T> selection) {
        return places.answer(
                request,
                HttpResponse.ok()
                        .contentType(format.type())
                        .header(
                                HttpHeaders.CONTENT_DISPOSITION,
                                "attachment; filename=\"" + name + format.suffix() + "\""),
                () -> from(start, selection));
    }

    private <T> Flux<byte[]> from(@Nullable Cursor start, Selection<T> selection) {
        Narrowing narrow = selection.narrowing();
        // Released once it is sent, although the stream continues.
        var first = new AtomicReference<@Nullable Page<T>>(
                HeavyRead.of(narrow.field, narrow.advice, () -> selection.page(start)));
        return Flux.<byte[], Optional<Supplier<Page<T>>>>generate(
                        () -> Optional.of(() -> requireNonNull(first.getAndSet(null))),
                        (next, sink) -> emit(next, selection, sink))
                .subscribeOn(threads)
                .startWith(selection.header().getBytes(UTF_8))
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
            Optional<Supplier<Page<T>>> next, Selection<T> selection, SynchronousSink<byte[]> sink) {
        if (next.isEmpty()) {
            sink.complete();
            return next;
        }
        Page<T> page = next.get().get();
        sink.next(selection.format(page.items()));
        return page.next()
                .map(cursor -> () -> lanes.withPlace(PostgresLane.HEAVY, MAX_WAIT, () -> selection.page(cursor)));
    }
}
