package io.keylapse.attack.wire;

/**
 * What an attacker did.
 *
 * @param opened connections that were asked for
 * @param refused those of them that were never established
 * @param dropped those of them that the service ended
 * @param sent bytes that were sent
 * @param read bytes that were read
 */
public record Tally(long opened, long refused, long dropped, long sent, long read) {}
