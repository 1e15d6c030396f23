/**
 * What a campaign plays on: the stores, the service processes and the wires between them, and what can be done to each.
 *
 * <p>Read {@link io.keylapse.campaign.stage.Stage} first.
 */
package io.keylapse.campaign.stage;
