package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.keylapse.blacklist.PageSize;
import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.HeavyRead;
import io.keylapse.registry.sql.Page;
import io.keylapse.registry.sql.lane.ConnectionLanes;
import io.keylapse.registry.sql.lane.PostgresLane;
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
 * A whole selection of the blacklist as pieces of text, a page each. The next page is read when the client has taken the
 * last one, and no transaction outlives the reading, so neither the number of rows nor the speed of the client matters. A
 * client that takes nothing for too long is cut off.
 */
@Singleton
final class BlacklistExport {
    /** What is read and held at a time: some 100 KB to 2 MB of text. */
    static final PageSize PAGE = new PageSize(2_000, 512 * 1024);

    /** How long an export under way waits for its turn to read on; to break it off would waste what was sent. */
    private static final Duration TURN = Duration.ofSeconds(20);

    private final ConnectionLanes lanes;
    private final Scheduler threads;
    private final Duration timeout;

    BlacklistExport(
            ConnectionLanes lanes, @Named(TaskExecutors.BLOCKING) ExecutorService threads, ExportSettings settings) {
        this.lanes = lanes;
        // As no service that could interrupt: who goes away would break the connection that is read from.
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
     * Reads the first page, so that what is wrong with the selection shows before anything is sent.
     *
     * @param header what comes first
     */
    Flux<byte[]> from(@Nullable Cursor start, String header, Selection selection) {
        // Let go of once it is sent, though the stream goes on.
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

    /** The client took nothing of an export for too long; all that is left to do is to close the connection. */
    private static final class BrokenOffException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenOffException(Duration timeout) {
            super("an export was broken off, because its client read nothing for " + timeout, null, false, false);
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
                .map(cursor -> () -> lanes.withPlace(PostgresLane.HEAVY, TURN, () -> selection.page(cursor)));
    }

    /** In the order of recording there is always a next page, but an export ends where the present does. */
    private static Optional<Cursor> following(Page<BlacklistEntry> page) {
        return PAGE.isReachedBy(page.items()) ? page.next() : Optional.empty();
    }
}
