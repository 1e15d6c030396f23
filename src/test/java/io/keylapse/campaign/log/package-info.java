/**
 * What is known of a campaign when it is over: each call, each fault, and what the stores hold.
 *
 * <p>Read {@link io.keylapse.campaign.log.Change} first.
 */
package io.keylapse.campaign.log;
