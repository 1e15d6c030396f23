package io.keylapse.key;

import java.time.Instant;
import java.util.Optional;

/** Until when key holders may renew their keys without an admin. */
public interface RenewalWindow {
    /** The end of the window of a key with this deadline; empty if key holders may not renew. */
    Optional<Instant> endFor(Instant deadline);
}
