/**
 * Tests of docs/degraded-modes.md: each row is a test here or names one elsewhere. Read {@link
 * io.keylapse.degraded.WiredNode} first.
 */
package io.keylapse.degraded;
