/**
 * The base of attackers: the interface, the target with the limits of the attack, and connections that never block.
 *
 * <p>Read {@link io.keylapse.attack.wire.Attacker} first. {@link io.keylapse.attack.wire.Target} refuses every address
 * except loopback.
 */
package io.keylapse.attack.wire;
