/**
 * The log of a campaign: each call, each fault, and the final content of the stores.
 *
 * <p>Read {@link io.keylapse.campaign.log.Change} first.
 */
package io.keylapse.campaign.log;
