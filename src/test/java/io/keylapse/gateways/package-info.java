/**
 * Tests of the configurations in {@code deploy/gateways} with the real programs, each between a recording backend and a
 * Keylapse that can fail. Read {@link io.keylapse.gateways.Gateway} and {@link io.keylapse.gateways.Site} first.
 */
@NullMarked
package io.keylapse.gateways;

import org.jspecify.annotations.NullMarked;
