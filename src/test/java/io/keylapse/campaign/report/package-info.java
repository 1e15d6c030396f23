/**
 * What came of a campaign, as numbers in JSON and as a page that is drawn.
 *
 * <p>Read {@link io.keylapse.campaign.report.Findings} first.
 */
package io.keylapse.campaign.report;
