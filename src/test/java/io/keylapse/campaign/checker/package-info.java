/**
 * Decides whether the promises were kept, from the log of calls, the injected faults, and the final content of the
 * stores. It knows the promises but not how the service keeps them, and uses no class of the service.
 *
 * <p>Read {@link io.keylapse.campaign.checker.Checker} first.
 */
package io.keylapse.campaign.checker;
