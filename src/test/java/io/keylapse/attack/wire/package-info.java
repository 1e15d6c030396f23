/**
 * What attackers are made of: an attacker, its target with the bounds of the attack, and connections that never block.
 *
 * <p>Read {@link io.keylapse.attack.wire.Attacker} first. {@link io.keylapse.attack.wire.Target} refuses everything but
 * loopback.
 */
package io.keylapse.attack.wire;
