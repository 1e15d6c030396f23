package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Lists of the console: their order, how they keep up to date, and what fits the screen. */
@NullUnmarked
class ConsoleListsIT extends ConsoleTests {
    private static final String UNTIL_REFRESHED = "00:20";

    @BeforeAll
    static void start() {
        start(Stores.shared());
    }

    private Locator head(String title) {
        return page.getByRole(
                AriaRole.COLUMNHEADER, new com.microsoft.playwright.Page.GetByRoleOptions().setName(title));
    }

    private Locator row(String text) {
        return rows().filter(new Locator.FilterOptions().setHasText(text));
    }

    @Test
    void keys_are_sorted_from_the_heads_and_the_order_stands_in_the_address() {
        String owner = owner();
        Answer first = admin.issue(owner, Duration.ofHours(3));
        Answer second = admin.issue(owner, Duration.ofHours(2));
        Answer revoked = admin.issue(owner, Duration.ofHours(1));
        admin.delete("/v1/keys/" + revoked.text("id"));
        signIn("keys?owner=" + owner);
        assertThat(rows().first()).containsText(revoked.text("hint"));
        assertThat(head("Issued")).hasAttribute("aria-sort", "descending");

        button("Issued").click();

        assertThat(rows().first()).containsText(first.text("hint"));
        assertThat(head("Issued")).hasAttribute("aria-sort", "ascending");
        assertThat(button("Issued")).isFocused();
        assertThat(page).hasURL(Pattern.compile("sort=issuedAt"));

        button("Expires").click();

        assertThat(rows()).hasCount(2);
        assertThat(rows().first()).containsText(second.text("hint"));
        assertThat(page.getByLabel("State")).hasValue("active");
        assertThat(head("Expires")).hasAttribute("aria-sort", "ascending");
        button("Expires").press("Enter");
        assertThat(rows().first()).containsText(first.text("hint"));
        assertThat(head("Expires")).hasAttribute("aria-sort", "descending");
        page.reload();
        assertThat(rows().first()).containsText(first.text("hint"));
        page.goBack();
        assertThat(rows().first()).containsText(second.text("hint"));

        // There is no order by deadline of ended keys.
        page.getByLabel("State").selectOption("revoked");
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(button("Expires")).hasCount(0);
        button("Next 7 days").click();
        assertThat(rows().first()).containsText(second.text("hint"));
        assertThat(button("Issued")).hasCount(0);
        button("Expires").click();
        assertThat(rows().first()).containsText(first.text("hint"));
        page.navigate("/console#/owner?owner=" + owner);
        button("Expires").click();
        assertThat(rows().first()).containsText(second.text("hint"));
        assertThat(heading(owner)).isVisible();
    }

    @Test
    void complete_lists_are_sorted_in_the_browser() {
        String run = UUID.randomUUID().toString();
        for (String name : List.of("10", "9", "b", "A")) {
            admin.post("/v1/management-keys", "{\"name\":\"%s %s\",\"role\":\"auditor\"}".formatted(run, name));
        }
        signIn("team");
        Locator mine = row(run).locator("td:first-child a");
        assertThat(mine).hasText(new String[] {run + " 9", run + " 10", run + " A", run + " b"});
        button("Name").click();
        assertThat(mine).hasText(new String[] {run + " b", run + " A", run + " 10", run + " 9"});
        assertThat(button("Name")).isFocused();
        button("Created").click();
        assertThat(mine).hasText(new String[] {run + " A", run + " b", run + " 9", run + " 10"});
        assertThat(page).hasURL(Pattern.compile("sort=-createdAt"));

        String owner = owner();
        for (String path : List.of("/b" + owner, "/a" + owner)) {
            admin.post("/v1/webhooks", "{\"url\":\"%s\",\"owners\":[\"%s\"]}".formatted(receiver.url(path), owner));
        }
        page.navigate("/console#/webhooks");
        assertThat(head("Created")).hasAttribute("aria-sort", "descending");
        assertThat(row(owner).first()).containsText("/a" + owner);
        button("Created").click();
        assertThat(row(owner).first()).containsText("/b" + owner);
        button("URL").click();
        assertThat(row(owner).first()).containsText("/a" + owner);
    }

    @Test
    void list_is_refreshed_without_losing_focus_selection_or_place() {
        String owner = owner();
        for (int i = 0; i < 20; i++) {
            admin.issue(owner, Duration.ofHours(1));
        }
        Answer selected = admin.issue(owner, Duration.ofHours(1));
        Answer focused = admin.issue(owner, Duration.ofHours(1));
        page.clock().install();
        signIn("keys?state=active&owner=" + owner);
        assertThat(rows()).hasCount(22);
        page.getByLabel("Select " + selected.text("hint")).check();
        Locator box = page.getByLabel("Select " + focused.text("hint"));
        box.focus();
        page.evaluate("scrollTo(0, 400)");
        double seenAt = row(focused.text("hint")).boundingBox().y;
        assertThat(seenAt).isPositive();

        Answer added = admin.issue(owner, Duration.ofHours(1));
        admin.patch("/v1/keys/" + focused.text("id"), "{\"name\":\"renamed\"}");
        admin.delete("/v1/keys/" + selected.text("id"));
        page.clock().fastForward(UNTIL_REFRESHED);

        assertThat(row(added.text("hint"))).hasCount(1);
        assertThat(box).isFocused();
        assertThat(page.getByLabel("Select " + selected.text("hint"))).isChecked();
        assertThat(page.locator(".bulk")).containsText("1 selected");
        assertThat(rows().nth(0)).containsText(added.text("hint"));
        assertThat(rows().nth(2)).containsText(selected.text("hint"));
        assertThat(row(focused.text("hint")).boundingBox().y)
                .isCloseTo(seenAt, org.assertj.core.data.Offset.offset(3.0));

        page.getByLabel("Select " + selected.text("hint")).uncheck();
        button("Sign out").focus();
        page.clock().fastForward(UNTIL_REFRESHED);
        assertThat(row(selected.text("hint"))).hasCount(0);
        assertThat(row(focused.text("hint"))).containsText("renamed");
        button("Select all shown").click();
        assertThat(page.locator(".bulk")).containsText("22 selected");
    }

    @Test
    void list_is_not_refreshed_in_a_hidden_tab_after_further_pages_or_on_another_view() {
        String owner = owner();
        sql(
                "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, source)"
                        + " SELECT gen_random_uuid(), 1, ?, 'n', 'kl_hint', 'revoked', now() - i * interval '1 second', 'request'"
                        + " FROM generate_series(1, 60) i",
                owner);
        page.clock().install();
        signIn("blacklist?owner=" + owner);
        assertThat(rows()).hasCount(50);
        var asked = new AtomicInteger();
        page.onRequest(request -> {
            if (request.url().contains("/v1/blacklist?")) {
                asked.incrementAndGet();
            }
        });
        page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })");
        page.clock().fastForward("01:00");
        page.evaluate("delete document.hidden");
        assertThat(asked).hasValue(0);
        page.waitForRequest("**/v1/blacklist?**", () -> page.clock().fastForward(UNTIL_REFRESHED));

        button("Show more").click();
        assertThat(rows()).hasCount(60);
        asked.set(0);
        page.clock().fastForward("01:00");
        assertThat(asked).hasValue(0);

        link("Team").click();
        assertThat(heading("Team")).isVisible();
        page.clock().fastForward("01:00");
        assertThat(asked).hasValue(0);
    }

    @Test
    void a_list_that_cannot_be_refreshed_says_so_and_recovers() {
        String owner = owner();
        admin.issue(owner, Duration.ofHours(1));
        page.clock().install();
        signIn("keys?owner=" + owner);
        assertThat(rows()).hasCount(1);
        page.route("**/v1/**", route -> route.abort());
        page.clock().fastForward(UNTIL_REFRESHED);
        assertThat(page.locator("main"))
                .containsText(
                        "could not be refreshed. The next attempt follows automatically. The service cannot be reached.");
        assertThat(rows()).hasCount(1);
        page.unroute("**/v1/**");
        page.clock().fastForward(UNTIL_REFRESHED);
        assertThat(page.locator("main")).not().containsText("could not be refreshed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"team", "webhooks", "notices", "owners", "audit", "blacklist"})
    void every_list_shows_what_has_happened_meanwhile(String view) {
        String owner = "0" + owner();
        page.clock().install();
        signIn(view.equals("owners") ? "owners?q=" + owner : view);
        assertThat(page.locator("main table").or(page.locator("main .state")).first())
                .isVisible();

        webhook(owner);
        admin.post("/v1/management-keys", "{\"name\":\"%s\",\"role\":\"auditor\"}".formatted(owner));
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.delete("/v1/keys/" + key.text("id"));
        page.clock().fastForward(UNTIL_REFRESHED);

        assertThat(row(view.equals("audit") ? key.text("id") : owner).first()).isVisible();
    }

    @Test
    void numbers_of_an_owner_are_refreshed_with_the_lists() {
        String owner = owner();
        admin.issue(owner, Duration.ofHours(1));
        page.clock().install();
        signIn("owner?owner=" + owner);
        assertThat(page.locator(".figure").first()).containsText("1active");
        assertThat(rows()).hasCount(1);

        admin.issue(owner, Duration.ofHours(1));
        page.clock().fastForward(UNTIL_REFRESHED);

        assertThat(page.locator(".figure").first()).containsText("2active");
        assertThat(rows()).hasCount(2);
    }

    @Test
    void navigation_of_an_administrator_is_one_line_at_1280_pixels() {
        signIn("overview");
        assertThat(page.locator("nav a")).hasCount(8);
        double top = page.locator("nav a").first().boundingBox().y;
        for (Locator link : page.locator("nav a").all()) {
            assertThat(link.boundingBox().y).isEqualTo(top);
        }
        for (Locator other : List.of(page.getByLabel("Find keys").last(), button("Sign out"))) {
            assertThat(other.boundingBox().y).isBetween(top - 20, top + 20);
        }
    }

    @ParameterizedTest
    @CsvSource({"1280, LIGHT", "900, DARK", "360, LIGHT", "360, DARK"})
    void the_first_row_can_be_seen_without_scrolling(int width, ColorScheme colors) {
        String owner = owner();
        webhook(owner);
        expiredKey(owner, true);
        open(width, 640, colors);
        signIn("keys?state=expired&owner=" + owner);
        for (String view : List.of("keys", "owners", "blacklist", "notices", "audit")) {
            String query = view.equals("owners") ? "?q=" + owner : view.equals("audit") ? "" : "?owner=" + owner;
            page.navigate("/console#/" + view + query);
            assertThat(rows().first()).isVisible();
            photograph("list-" + view + "-" + width + "-" + colors.name().toLowerCase(java.util.Locale.ROOT));
            if (width < 832) {
                assertThat(page.locator("summary").first()).hasText(query.isEmpty() ? "Filters" : "Filters (1)");
                assertThat(button("Search")).isHidden();
                assertThat(rows().first().boundingBox().y).as(view).isLessThan(500);
                page.locator("summary").first().click();
                assertThat(button("Search")).isVisible();
            } else {
                assertThat(button("Search")).isVisible();
                assertThat(rows().first().boundingBox().y).as(view).isLessThan(640);
            }
            assertThat(new AxeBuilder(page).setLegacyMode(true).analyze().getViolations())
                    .as(view)
                    .isEmpty();
            assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                    .as(view)
                    .isLessThanOrEqualTo(width);
        }
    }

    @Test
    void filters_unfold_when_the_window_becomes_wide() {
        open(360, 640, ColorScheme.LIGHT);
        signIn("keys");
        assertThat(button("Search")).isHidden();
        assertThat(button("Issue a key")).isVisible();
        page.setViewportSize(1280, 900);
        assertThat(button("Search")).isVisible();
        assertThat(page.locator("summary")).isHidden();
        page.setViewportSize(360, 640);
        assertThat(button("Search")).isHidden();
    }
}
