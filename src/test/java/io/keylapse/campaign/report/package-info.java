/**
 * The result of a campaign, as JSON and as an HTML page with charts.
 *
 * <p>Read {@link io.keylapse.campaign.report.Findings} first.
 */
package io.keylapse.campaign.report;
