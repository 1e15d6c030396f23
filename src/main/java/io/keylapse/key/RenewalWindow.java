package io.keylapse.key;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Until when key holders may renew their keys without an admin. */
public interface RenewalWindow {
    /** The end of the window of a key with this deadline; empty if key holders may not renew. */
    Optional<Instant> endFor(Instant deadline);

    /** Whether the window of a key with this deadline is open; false without a deadline. */
    default boolean isOpen(@Nullable Instant deadline, Instant now) {
        return deadline != null && endFor(deadline).filter(now::isBefore).isPresent();
    }
}
