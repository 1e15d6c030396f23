/**
 * The fault campaign: real stores and two service processes under load and under faults, and in the end a verdict on each
 * promise.
 *
 * <p>Read {@link io.keylapse.campaign.Campaign} first. The verdict is reached in {@link io.keylapse.campaign.checker},
 * which sees only what was logged, and told in {@link io.keylapse.campaign.report}.
 */
package io.keylapse.campaign;
