/**
 * The attack program: hostile and careless clients attack a service on this machine, while others check good keys.
 *
 * <p>Read {@link io.keylapse.attack.Attack} first. The kinds of attackers are in {@link io.keylapse.attack.kind}.
 */
package io.keylapse.attack;
