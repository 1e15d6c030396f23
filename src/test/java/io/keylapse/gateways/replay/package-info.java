/**
 * Gateways that cannot be run here, replayed request by request: what they send to Keylapse and how they treat its answers,
 * as their documentation and sources say, with the values of the files in {@code deploy/gateways}.
 */
@NullMarked
package io.keylapse.gateways.replay;

import org.jspecify.annotations.NullMarked;
