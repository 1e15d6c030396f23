package io.keylapse.attack.wire;

/**
 * What an attacker did.
 *
 * @param opened attempted connections
 * @param refused attempted connections that were never established
 * @param dropped connections that the service closed
 * @param sent bytes sent
 * @param read bytes read
 */
public record Tally(long opened, long refused, long dropped, long sent, long read) {}
