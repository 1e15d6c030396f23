package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The charts of the overview, the lists that they lead to, and the download of owners. */
@NullUnmarked
class ConsoleChartsIT extends ConsoleTests {
    private final String owner = owner();

    @BeforeAll
    static void start() {
        start(Stores.shared());
    }

    /** The card with this heading. */
    private Locator card(String heading) {
        return page.getByRole(
                AriaRole.REGION, new Page.GetByRoleOptions().setName(heading).setExact(true));
    }

    private static Locator bars(Locator card) {
        return card.getByRole(LINK, new Locator.GetByRoleOptions().setName(Pattern.compile(": ")));
    }

    private static Locator button(Locator card, String name) {
        return card.getByRole(
                BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
    }

    @Test
    void bar_of_upcoming_expiries_leads_to_the_keys_that_expire_then() {
        admin.issue(owner, Duration.ofDays(29));
        signIn("overview");
        Locator upcoming = card("Upcoming expiries");
        assertThat(upcoming.locator(".chart .bar[tabindex='0']")).hasCount(1);
        assertThat(upcoming.locator(".legend")).hasText(Pattern.compile("expiring [1-9].*"));

        bars(upcoming).last().click();

        assertThat(heading("Keys")).isVisible();
        assertThat(page.locator("main")).containsText(owner);
        assertThat(page.getByLabel("Expires on or after")).hasValue(Pattern.compile("20.*"));
        assertThat(page.getByLabel("Expires before")).hasValue(Pattern.compile("20.*"));
        page.goBack();
        bars(card("Upcoming expiries")).last().press("Enter");
        assertThat(heading("Keys")).isVisible();
        assertThat(page.locator("main")).containsText(owner);
    }

    @Test
    void bar_of_ended_keys_leads_to_the_blacklist_of_that_time() {
        expiredKey(owner, false);
        signIn("overview");

        bars(card("Ended over time")).last().press("Enter");

        assertThat(heading("Blacklist")).isVisible();
        assertThat(page.locator("main")).containsText(owner);
        assertThat(page.getByLabel("Ended on or after")).hasValue(Pattern.compile("20.*"));
        assertThat(page.getByLabel("Ended before")).hasValue(Pattern.compile("20.*"));
    }

    @Test
    void arrow_keys_move_between_the_bars() {
        admin.issue(owner, Duration.ofDays(28));
        admin.issue(owner, Duration.ofDays(26));
        signIn("overview");
        Locator bars = bars(card("Upcoming expiries"));
        assertThat(bars.last()).hasAttribute("tabindex", "0");
        bars.last().focus();
        page.keyboard().press("ArrowLeft");
        assertThat(bars.nth(bars.count() - 2)).isFocused();
        assertThat(card("Upcoming expiries").locator(".bar[tabindex='0']")).hasCount(1);
        page.keyboard().press("Home");
        assertThat(bars.first()).isFocused();
    }

    @Test
    void looks_closer_at_a_chart_by_dragging_across_bars_and_back_again() {
        expiredKey(owner, false);
        signIn("overview");
        Locator ended = card("Ended over time");
        button(ended, "Last 7 days").click();
        assertThat(button(ended, "Last 7 days")).hasAttribute("aria-pressed", "true");
        Locator chart = ended.locator("svg");
        assertThat(chart).isVisible();
        chart.scrollIntoViewIfNeeded();
        var box = chart.boundingBox();
        page.mouse().move(box.x + box.width * 0.6, box.y + box.height * 0.5);
        page.mouse().down();
        page.mouse().move(box.x + box.width * 0.95, box.y + box.height * 0.5);
        page.mouse().up();

        assertThat(button(ended, "Last 7 days")).hasAttribute("aria-pressed", "false");
        assertThat(heading("Overview")).isVisible();
        button(ended, "Back").click();
        assertThat(button(ended, "Last 7 days")).hasAttribute("aria-pressed", "true");
    }

    @Test
    void every_chart_has_its_numbers_as_a_table_whose_rows_lead_to_the_same_lists() {
        admin.issue(owner, Duration.ofDays(29));
        signIn("overview");
        Locator upcoming = card("Upcoming expiries");
        String there = bars(upcoming).last().getAttribute("href");
        upcoming.getByText("Data table").click();
        assertThat(upcoming.locator("tbody tr").last().locator("th a")).hasAttribute("href", there);
        assertThat(upcoming.locator("tbody tr").last().locator("td")).hasText(Pattern.compile("[1-9][0-9,]*"));
    }

    @Test
    void owners_that_match_are_downloaded() throws IOException {
        admin.issue(owner, Duration.ofHours(1));
        signIn("owners?q=" + owner);
        assertThat(rows()).hasCount(1);

        Download download =
                page.waitForDownload(() -> super.button("Download CSV").click());

        assertThat(download.suggestedFilename()).isEqualTo("owners.csv");
        try (var lines = Files.lines(download.path())) {
            assertThat(lines).hasSize(2).anyMatch(line -> line.startsWith("\"" + owner + "\",\"1\","));
        }
    }
}
