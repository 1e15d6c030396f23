/**
 * The kinds of hostile and careless clients, one class each. {@link io.keylapse.attack.kind.Attackers} has one of each.
 */
package io.keylapse.attack.kind;
