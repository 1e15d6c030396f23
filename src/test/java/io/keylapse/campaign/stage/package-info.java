/**
 * The environment of a campaign: the stores, the service processes, the proxies between them, and the faults of each.
 *
 * <p>Read {@link io.keylapse.campaign.stage.Stage} first.
 */
package io.keylapse.campaign.stage;
