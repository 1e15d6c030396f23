/**
 * Decides from a log of calls, the faults that were injected and what the stores hold in the end whether the promises
 * were kept. It knows the promises and nothing of how the service keeps them: not one class of the product is used here.
 *
 * <p>Read {@link io.keylapse.campaign.checker.Checker} first.
 */
package io.keylapse.campaign.checker;
