package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;

/**
 * A whole selection of the blacklist as pieces of text, a page each. It holds three pages at the most, one that is sent,
 * one that is written and one that is read, and no transaction once that is read, so neither the number of rows nor the
 * speed of the reader matters.
 */
final class BlacklistExport {
    /** Rows read at a time. */
    static final int ROWS = 2_000;

    private final Function<@Nullable Cursor, Page<BlacklistEntry>> pages;

    /** By what reads the page behind a cursor, and the first one for null. */
    BlacklistExport(Function<@Nullable Cursor, Page<BlacklistEntry>> pages) {
        this.pages = pages;
    }

    /**
     * Reads the first page, so that what is wrong with the selection shows before anything is sent.
     *
     * @param header what comes first
     * @param format the lines of a page
     * @param threads read the next page while one is formatted and sent
     */
    Flux<byte[]> from(
            @Nullable Cursor start, String header, Function<List<BlacklistEntry>, byte[]> format, Scheduler threads) {
        Page<BlacklistEntry> first = pages.apply(start);
        return Flux.generate(() -> Optional.of(first), this::emit)
                .subscribeOn(threads)
                .publishOn(threads, 1)
                .map(page -> format.apply(page.items()))
                .startWith(header.getBytes(UTF_8))
                .filter(piece -> piece.length > 0);
    }

    private Optional<Page<BlacklistEntry>> emit(
            Optional<Page<BlacklistEntry>> next, SynchronousSink<Page<BlacklistEntry>> sink) {
        if (next.isEmpty()) {
            sink.complete();
            return next;
        }
        sink.next(next.get());
        return following(next.get()).map(pages);
    }

    /** In the order of recording there is always a next page, but an export ends where the present does. */
    private static Optional<Cursor> following(Page<BlacklistEntry> page) {
        return page.items().size() < ROWS ? Optional.empty() : page.next();
    }
}
