/**
 * The test harness: real stores, service nodes on them, and an HTTP client.
 *
 * <p>Read {@link io.keylapse.harness.Stores} and {@link io.keylapse.harness.Node} first.
 */
package io.keylapse.harness;
