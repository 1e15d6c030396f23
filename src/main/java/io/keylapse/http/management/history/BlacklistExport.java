package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A whole selection of the blacklist as a stream. It holds two pages at a time, the one that is sent and the one behind
 * it, and no transaction once that is read, so neither the number of rows nor the speed of the reader matters.
 */
final class BlacklistExport extends InputStream {
    /** Rows read at a time. */
    static final int ROWS = 2_000;

    private final Function<@Nullable Cursor, Page<BlacklistEntry>> pages;
    private final Function<List<BlacklistEntry>, byte[]> format;
    private final Executor threads;
    private byte[] chunk;
    private int read;
    private Optional<CompletableFuture<Page<BlacklistEntry>>> next;

    /**
     * Reads the first page, so that what is wrong with the selection shows before anything is sent.
     *
     * @param header what comes first
     * @param pages reads the page behind a cursor, and the first one for null
     * @param format the lines of a page
     * @param threads read the next page while one is formatted and sent
     */
    BlacklistExport(
            String header,
            Function<@Nullable Cursor, Page<BlacklistEntry>> pages,
            Function<List<BlacklistEntry>, byte[]> format,
            Executor threads,
            @Nullable Cursor start) {
        this.pages = pages;
        this.format = format;
        this.threads = threads;
        this.chunk = header.getBytes(UTF_8);
        this.next = Optional.of(CompletableFuture.completedFuture(pages.apply(start)));
    }

    @Override
    public int read() throws IOException {
        return ensureChunk() ? chunk[read++] & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!ensureChunk()) {
            return -1;
        }
        int count = Math.min(length, chunk.length - read);
        System.arraycopy(chunk, read, target, offset, count);
        read += count;
        return count;
    }

    private boolean ensureChunk() throws IOException {
        while (read == chunk.length) {
            if (next.isEmpty()) {
                return false;
            }
            Page<BlacklistEntry> page = await(next.get());
            next = following(page).map(cursor -> CompletableFuture.supplyAsync(() -> pages.apply(cursor), threads));
            chunk = format.apply(page.items());
            read = 0;
        }
        return true;
    }

    private static Page<BlacklistEntry> await(CompletableFuture<Page<BlacklistEntry>> page) throws IOException {
        try {
            return page.join();
        } catch (CompletionException e) {
            // Whoever reads a stream expects no other exception, and would leave the client waiting.
            throw new IOException("the export cannot go on", e.getCause());
        }
    }

    /** In the order of recording there is always a next page, but an export ends where the present does. */
    private static Optional<Cursor> following(Page<BlacklistEntry> page) {
        return page.items().size() < ROWS ? Optional.empty() : page.next();
    }
}
