package io.keylapse.http.management.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.registry.BlacklistEntry;
import io.keylapse.registry.sql.Cursor;
import io.keylapse.registry.sql.Page;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A whole selection of the blacklist as a stream. It holds one page at a time and no transaction between pages, so
 * neither the number of rows nor the speed of the reader matters.
 */
final class BlacklistExport extends InputStream {
    /** Rows read at a time. */
    static final int ROWS = 1_000;

    private final Function<@Nullable Cursor, Page<BlacklistEntry>> pages;
    private final Function<BlacklistEntry, String> format;
    private byte[] chunk;
    private int read;
    private Optional<Cursor> next;

    /**
     * Reads the first page, so that what is wrong with the selection shows before anything is sent.
     *
     * @param header what comes first
     * @param pages reads the page behind a cursor, and the first one for null
     */
    BlacklistExport(
            String header,
            Function<@Nullable Cursor, Page<BlacklistEntry>> pages,
            Function<BlacklistEntry, String> format,
            @Nullable Cursor start) {
        this.pages = pages;
        this.format = format;
        Page<BlacklistEntry> first = pages.apply(start);
        this.chunk = (header + lines(first)).getBytes(UTF_8);
        this.next = following(first);
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
            Page<BlacklistEntry> page = read(next.get());
            chunk = lines(page).getBytes(UTF_8);
            next = following(page);
            read = 0;
        }
        return true;
    }

    private Page<BlacklistEntry> read(Cursor cursor) throws IOException {
        try {
            return pages.apply(cursor);
        } catch (RuntimeException e) {
            // Whoever reads a stream expects no other exception, and would leave the client waiting.
            throw new IOException("the export cannot go on", e);
        }
    }

    /** In the order of recording there is always a next page, but an export ends where the present does. */
    private static Optional<Cursor> following(Page<BlacklistEntry> page) {
        return page.items().size() < ROWS ? Optional.empty() : page.next();
    }

    private String lines(Page<BlacklistEntry> page) {
        var lines = new StringBuilder();
        page.items().forEach(entry -> lines.append(format.apply(entry)));
        return lines.toString();
    }
}
