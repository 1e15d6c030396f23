package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.keylapse.blacklist.PageSize;
import io.keylapse.registry.ending.BlacklistEntry;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
import io.keylapse.registry.sql.page.Cursor;
import io.keylapse.registry.sql.page.Page;
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
 * Streaming export of a selection of the blacklist, one page at a time. The next page is read when the client has taken the
 * last one, and no transaction stays open in between, so neither the number of rows nor the speed of the client matters. A
 * client that reads nothing for the timeout is disconnected.
 */
@Singleton
final class BlacklistExport {
    /** The page that is read and held at a time: 100 KB to 2 MB of text. */
    static final PageSize PAGE = new PageSize(2_000, 512 * 1024);

    /**
     * How long a running export waits for a connection to read the next page. It is long because a cancelled export wastes
     * everything that was sent.
     */
    private static final Duration MAX_WAIT = Duration.ofSeconds(20);

    private final ConnectionLanes lanes;
    private final Scheduler threads;
    private final Duration timeout;

    BlacklistExport(
            ConnectionLanes lanes, @Named(TaskExecutors.BLOCKING) ExecutorService threads, ExportSettings settings) {
        this.lanes = lanes;
        // Not an ExecutorService, whose tasks could be interrupted: a client that disconnects would then break the
        // database
        // connection in use.
        this.threads = Schedulers.fromExecutor(task -> threads.execute(task));
        this.timeout = settings.exportTimeout();
    }

    /** How a selection is read and written. */
    interface Selection {
        /** The page behind the cursor, or the first one. */
        Page<BlacklistEntry> page(@Nullable Cursor cursor);

        /** The lines of a page. */
        byte[] format(List<BlacklistEntry> entries);
    }

    /**
     * Reads the first page before anything is sent, so that an invalid selection still gets an error response.
     *
     * @param header text that is sent first
     */
    Flux<byte[]> from(@Nullable Cursor start, String header, Selection selection) {
        // Released once it is sent, although the stream continues.
        var first = new AtomicReference<@Nullable Page<BlacklistEntry>>(
                HeavyRead.of("from", "ask for a shorter time between from and to", () -> selection.page(start)));
        return Flux.<byte[], Optional<Supplier<Page<BlacklistEntry>>>>generate(
                        () -> Optional.of(() -> requireNonNull(first.getAndSet(null))),
                        (next, sink) -> emit(next, selection, sink))
                .subscribeOn(threads)
                .startWith(header.getBytes(UTF_8))
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

    private Optional<Supplier<Page<BlacklistEntry>>> emit(
            Optional<Supplier<Page<BlacklistEntry>>> next, Selection selection, SynchronousSink<byte[]> sink) {
        if (next.isEmpty()) {
            sink.complete();
            return next;
        }
        Page<BlacklistEntry> page = next.get().get();
        sink.next(selection.format(page.items()));
        return following(page)
                .map(cursor -> () -> lanes.withPlace(PostgresLane.HEAVY, MAX_WAIT, () -> selection.page(cursor)));
    }

    /** In recording order there is always a next page; an export ends at the last entry that exists now. */
    private static Optional<Cursor> following(Page<BlacklistEntry> page) {
        return PAGE.isReachedBy(page.items()) ? page.next() : Optional.empty();
    }
}
