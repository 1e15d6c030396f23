package io.keylapse.gateways.replay;

import io.keylapse.gateways.wire.HttpMessage;

/** A gateway that is replayed. */
interface Replayed {
    /** Does with a request what the gateway does. */
    Outcome handle(HttpMessage request);
}
