package io.keylapse.active;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.active.ActiveEntry.Live;
import io.keylapse.active.StoredEntries.Replaced;
import io.keylapse.active.StoredEntries.Stored;
import io.keylapse.harness.Node;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.KeyName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code replace.lua} in a real Redis. */
class StoredEntriesIT {
    private static final Node node = Node.shared().awaitRedisFollowed();
    private static final StoredEntries entries = node.bean(StoredEntries.class);

    private final KeyName name =
            new KeyFormat("kl", List.of()).generate().digest().name();
    private final Live entry = new Live(KeyId.generate(Instant.now()), 3, null, "acme", List.of());

    private Stored stored() {
        return entries.read(List.of(name)).getFirst();
    }

    private Replaced replace(Stored seen, WriteDeadline deadline) {
        return entries.replace(seen, entry, deadline).toCompletableFuture().join();
    }

    @Test
    void an_entry_takes_the_place_of_what_was_seen() {
        assertThat(replace(stored(), WriteDeadline.startingNow())).isEqualTo(Replaced.DONE);
        assertThat(stored().entry()).contains(entry);
    }

    @Test
    void an_entry_that_has_changed_meanwhile_is_left_alone() {
        Stored before = stored();
        replace(before, WriteDeadline.startingNow());
        assertThat(replace(before, WriteDeadline.startingNow())).isEqualTo(Replaced.HAS_CHANGED);
    }

    @Test
    void an_entry_that_comes_after_its_write_deadline_changes_nothing() {
        var past = new WriteDeadline(System.nanoTime() - Duration.ofSeconds(1).toNanos());
        assertThat(replace(stored(), past)).isEqualTo(Replaced.NOT_ALLOWED);
        assertThat(stored().bytes()).isNull();
    }
}
