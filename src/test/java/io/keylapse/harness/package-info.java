/**
 * What tests stand on: real stores, service nodes on them, and a client that sees a node from outside.
 *
 * <p>Read {@link io.keylapse.harness.Stores} and {@link io.keylapse.harness.Node} first.
 */
package io.keylapse.harness;
