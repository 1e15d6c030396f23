/**
 * The fault campaign: real stores and two service processes under load and faults, and a verdict on each promise at the
 * end.
 *
 * <p>Read {@link io.keylapse.campaign.Campaign} first. {@link io.keylapse.campaign.checker} decides from the log alone,
 * and {@link io.keylapse.campaign.report} shows the result.
 */
package io.keylapse.campaign;
