package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.AxeResults;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.http.gateway.RawConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console with every role, screen size and content. */
@NullUnmarked
class ConsoleIT extends ConsoleTests {
    private static final String SCRIPT = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>'\"";

    @BeforeAll
    static void start() {
        start(Stores.shared());
    }

    @Test
    void invalid_management_key_shows_an_error_and_a_valid_one_signs_in() {
        page.navigate("/console");
        page.getByLabel("Management key").fill("klmgmt_guessed");
        button("Sign in").click();
        assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .containsText("This management key is invalid or has expired.");
        page.getByLabel("Management key").fill(Node.ADMIN_KEY);
        button("Sign in").click();
        assertThat(heading("Overview")).isVisible();
        page.reload();
        assertThat(heading("Overview")).isVisible();
        button("Sign out").click();
        assertThat(page.getByLabel("Management key")).hasValue("");
        page.reload();
        assertThat(page.getByLabel("Management key")).isVisible();
    }

    @Test
    void what_a_role_may_not_do_is_not_offered() {
        String owner = owner();
        Answer key = admin.issue(owner, Duration.ofHours(1));
        signIn("keys", managementKey("auditor"));
        assertThat(heading("Keys")).isVisible();
        assertThat(button("Issue a key")).hasCount(0);
        page.navigate("/console#/key?id=" + key.text("id"));
        assertThat(page.locator("h1")).containsText(key.text("hint"));
        assertThat(button("Revoke")).hasCount(0);
        link("Webhooks").click();
        assertThat(heading("Webhooks")).isVisible();
        assertThat(button("Add a webhook")).hasCount(0);
        assertThat(link("Team")).hasCount(0);
        link("Audit").click();
        assertThat(heading("Audit")).isVisible();

        open(1280, 900, ColorScheme.LIGHT);
        signIn("keys", managementKey("check"));
        assertThat(page.locator("main")).containsText("A management key with the role check cannot open this page.");
        assertThat(page.locator("nav a")).hasCount(0);
    }

    @Test
    void session_whose_management_key_has_ended_shows_why_and_continues_after_sign_in() {
        String key = managementKey("auditor");
        signIn("blacklist?reason=revoked", key);
        // Loads everything first: requests still in flight would be refused before the test does anything.
        assertThat(page.locator(".totals")).containsText("revoked");
        assertThat(page.locator("main .loading")).hasCount(0);
        String id = node.as(key).get("/v1/me").text("id");
        assertThat(admin.delete("/v1/management-keys/" + id).status()).isEqualTo(204);

        button("Search").click();

        assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .containsText("no longer accepted");
        page.getByLabel("Management key").fill(Node.ADMIN_KEY);
        button("Sign in").click();
        assertThat(page.getByLabel("Reason")).hasValue("revoked");
    }

    @Test
    void idle_tab_is_locked() {
        page.clock().install();
        signIn("keys");
        page.clock().fastForward("20:00");
        page.reload();
        assertThat(heading("Keys")).isVisible();
        page.clock().fastForward("31:00");
        assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.ALERT))
                .containsText("The console was locked after 30 minutes without activity.");
        assertThat(page.evaluate("sessionStorage.length")).isEqualTo(0);
    }

    @Test
    void secret_that_is_shown_once_is_not_lost_by_a_slip() {
        signIn("blacklist");
        link("Keys").click();
        button("Issue a key").click();
        dialog().getByLabel("Owner", new Locator.GetByLabelOptions().setExact(true))
                .fill(owner());
        button("Issue the key").click();
        Locator secret = dialog().getByLabel("The new key");
        assertThat(secret).isVisible();
        page.keyboard().press("Escape");
        page.keyboard().press("Escape");
        page.goBack();
        assertThat(page.locator("h1")).hasText("Blacklist");
        assertThat(secret).isVisible();
        assertThat(dialog()).hasAccessibleName("The new key");
    }

    @ParameterizedTest
    @CsvSource({"keys, Owner", "keys, Contains", "blacklist, Key ID", "notices, Owner"})
    void key_that_somebody_found_goes_into_no_address_whatever_field_it_is_put_into(String view, String field) {
        Answer key = admin.issue(owner(), Duration.ofHours(1));
        signIn(view);
        page.getByLabel(field, new com.microsoft.playwright.Page.GetByLabelOptions().setExact(true))
                .fill("\"Bearer " + key.text("key") + "\",");
        var asked = new java.util.ArrayList<String>();
        page.onRequest(request -> asked.add(request.url()));
        button("Search").click();
        assertThat(page.locator("h1")).containsText(key.text("hint"));
        asked.add(page.url());
        assertThat(asked).noneMatch(url -> url.contains(key.text("key")));
    }

    @Test
    void scripts_in_owner_name_and_metadata_are_text() {
        String owner = SCRIPT + owner();
        receiver.answer(500, SCRIPT);
        admin.post(
                "/v1/webhooks",
                "{\"url\":%s,\"owners\":[%s],\"description\":%s}"
                        .formatted(quote(receiver.url("/xss")), quote(owner), quote(SCRIPT)));
        Answer key = admin.issue("{\"owner\":%s,\"name\":%s,\"ttl\":\"PT1H\",\"metadata\":{\"x\":%s}}"
                .formatted(quote(owner), quote(SCRIPT), quote(SCRIPT)));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{\"reason\":%s}".formatted(quote(SCRIPT)));
        Answer scripted =
                admin.post("/v1/management-keys", "{\"name\":%s,\"role\":\"issuer\"}".formatted(quote(SCRIPT)));
        node.as(scripted.text("key")).issue(owner(), Duration.ofHours(1));
        signIn("overview");
        for (String view : List.of(
                "keys",
                "key?id=" + key.text("id"),
                "owners",
                "owner?owner=" + encoded(owner),
                "blacklist",
                "notices",
                "webhooks",
                "team",
                "audit?actor=" + scripted.text("id"),
                "overview")) {
            page.navigate("/console#/" + view);
            page.reload();
            assertThat(page.locator("main")).not().containsText("Loading");
            if (!view.equals("overview")) {
                assertThat(page.locator("main").getByText("onerror=").first()).isVisible();
            }
            assertThat(page.evaluate("window.hacked")).as(view).isNull();
            assertThat(page.locator("main img, main script").count()).as(view).isZero();
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"1600, LIGHT", "360, DARK"})
    void every_view_is_accessible_and_fits_the_screen(int width, ColorScheme colors) {
        String owner = owner();
        webhook(owner);
        Answer key = expiredKey(owner, true);
        String inGrace = admin.issue(owner, Duration.ofHours(1)).text("id");
        admin.post("/v1/keys/" + inGrace + "/rotate", "{\"grace\":\"PT30M\"}");
        open(width, 900, colors);
        page.navigate("/console");
        assertThat(page.getByLabel("Management key")).isVisible();
        assertAccessible("sign-in", width);
        signIn("overview");
        for (String view : List.of(
                "overview",
                "keys",
                "keys?owner=nobody",
                "key?id=" + key.text("id"),
                "owners",
                "owner?owner=" + owner,
                "blacklist?owner=" + owner,
                "notices?owner=" + owner,
                "notices?state=dead",
                "webhooks",
                "team",
                "audit",
                "audit?target=" + key.text("id"),
                "nowhere")) {
            page.navigate("/console#/" + view);
            assertThat(page.locator("main")).not().containsText("Loading");
            assertAccessible(view, width);
        }
        page.navigate("/console#/key?id=" + key.text("id"));
        button("Renew").click();
        assertAccessible("dialog", width);
        page.keyboard().press("Escape");
        assertThat(dialog()).hasCount(0);
        photograph("key-" + width);
    }

    private static final String TOO_WIDE = """
            width => [...document.querySelectorAll("main *")].filter(each => each.getBoundingClientRect().right > width)
                .slice(-5).map(each => each.outerHTML.slice(0, 200))""";

    private void assertAccessible(String view, int width) {
        // In this mode, axe examines only frames of the same origin, which the console has none of, and takes half the
        // time.
        AxeResults results = new AxeBuilder(page).setLegacyMode(true).analyze();
        assertThat(results.getViolations()).as(view + " at " + width).isEmpty();
        assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                .as(() -> view + " at " + width + ": " + page.evaluate(TOO_WIDE, width))
                .isLessThanOrEqualTo(width);
    }

    @Test
    void all_can_be_done_by_keyboard_alone() {
        page.navigate("/console");
        assertThat(page.getByLabel("Management key")).isFocused();
        page.keyboard().type(Node.ADMIN_KEY);
        page.keyboard().press("Enter");
        assertThat(heading("Overview")).isVisible();
        tabTo(link("Keys"));
        page.keyboard().press("Enter");
        assertThat(heading("Keys")).isVisible();
        tabTo(button("Issue a key"));
        page.keyboard().press("Enter");
        assertThat(dialog()).isVisible();
        page.keyboard().press("Escape");
        assertThat(button("Issue a key")).isFocused();
        page.keyboard().press("Enter");
        String owner = owner();
        tabTo(dialog().getByLabel("Owner", new Locator.GetByLabelOptions().setExact(true)));
        page.keyboard().type(owner);
        page.keyboard().press("Enter");
        assertThat(heading("The new key")).isVisible();
        tabTo(button("I’ve saved it"));
        page.keyboard().press("Enter");
        assertThat(page.locator("main")).containsText(owner);
        tabTo(button("Revoke"));
        page.keyboard().press("Enter");
        tabTo(button("Revoke the key"));
        page.keyboard().press("Enter");
        assertThat(page.locator("h1 .pill")).hasText("revoked");
    }

    private void tabTo(Locator wanted) {
        assertThat(wanted).isVisible();
        for (int i = 0; i < 60; i++) {
            if ((Boolean) wanted.evaluate("element => element === document.activeElement")) {
                return;
            }
            page.keyboard().press("Tab");
        }
        throw new AssertionError("cannot be reached by Tab: " + wanted);
    }

    @Test
    void hundred_thousand_rows_are_paged_counted_and_downloaded() throws IOException {
        String owner = owner();
        sql(
                "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, source)"
                        + " SELECT gen_random_uuid(), 1, ?, 'n', 'kl_hint', 'revoked', now() - i * interval '1 second', 'request'"
                        + " FROM generate_series(1, 100000) i",
                owner);
        signIn("blacklist?owner=" + owner);
        assertThat(rows()).hasCount(50);
        assertThat(page.locator(".totals")).containsText("100,000 revoked");
        button("Show more").click();
        assertThat(rows()).hasCount(100);

        Download download = page.waitForDownload(() -> button("Download CSV").click());

        try (var lines = Files.lines(download.path())) {
            assertThat(lines.count()).isEqualTo(100_001);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"overview", "keys", "owners", "blacklist", "notices", "webhooks", "team", "audit"})
    void when_the_service_cannot_be_reached_the_page_says_so_and_tries_again(String view) {
        signIn(view.equals("keys") ? "blacklist" : "keys");
        page.route("**/v1/**", route -> route.abort());
        link(view.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + view.substring(1))
                .click();
        assertThat(page.getByText("The service cannot be reached").first()).isVisible();
        page.unroute("**/v1/**");
        while (button("Try again").count() > 0) {
            button("Try again").first().click();
            page.waitForTimeout(50);
        }
        assertThat(page.getByText("The service cannot be reached")).hasCount(0);
    }

    @Test
    void root_leads_to_the_console() {
        page.navigate("/");
        assertThat(page.getByLabel("Management key")).isVisible();
        assertThat(page.url()).contains("/console");
        assertThat(page.getByText("View it on its own page")).hasAttribute("href", "my-key");
        Answer lead = node.anonymous().get("/");
        assertThat(lead.status()).isEqualTo(303);
        assertThat(lead.header("Location")).isEqualTo("console");
        assertThat(lead.body()).isEqualTo("The console is at console.\n");
        assertThat(lead.header("Cache-Control")).isEqualTo("no-store");
        assertThat(lead.header("X-Content-Type-Options")).isEqualTo("nosniff");
        try (var connection = new RawConnection(node)) {
            assertThat(connection.request("HEAD", "/").answerToHead().status()).isEqualTo(303);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void console_and_key_holders_are_served_below_a_context_path() {
        try (Node below = Node.start(Stores.shared(), Map.of("micronaut.server.context-path", "/keys"))) {
            assertThat(below.anonymous().unchecked().get("/keys").header("Location"))
                    .isEqualTo("keys/console");
            assertThat(below.anonymous().unchecked().get("/keys/").header("Location"))
                    .isEqualTo("console");
            assertThat(below.anonymous().unchecked().get("/keys/my-key").status())
                    .isEqualTo(200);
            Answer key = admin.issue(owner(), Duration.ofDays(1));
            assertThat(below.anonymous()
                            .unchecked()
                            .get("/keys/v1/self", "X-API-Key", key.text("key"))
                            .status())
                    .isEqualTo(200);
            assertThat(below.anonymous()
                            .unchecked()
                            .post("/keys/v1/self/link", "{\"token\":\"none\"}")
                            .text("code"))
                    .isEqualTo("LINK_INVALID");
        }
    }

    @Test
    void console_can_be_switched_off_and_serves_nothing_else_of_the_program() {
        for (String path : List.of("/console/x", "/console/..%2Fapplication.yml", "/console/index.html")) {
            assertThat(node.anonymous().get(path).status()).as(path).isIn(400, 404);
        }
        page.navigate("/console/");
        assertThat(page.getByLabel("Management key")).isVisible();
        Answer served = node.anonymous().get("/console");
        assertThat(served.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'");
        assertThat(served.header("Cross-Origin-Opener-Policy")).isEqualTo("same-origin");
        try (Node silent = Node.start(
                Stores.shared(),
                Map.of(
                        "keylapse.console.enabled",
                        false,
                        "keylapse.my-key.enabled",
                        false,
                        "keylapse.notices.enabled",
                        false))) {
            assertThat(silent.anonymous().get("/console").status()).isEqualTo(404);
            assertThat(silent.anonymous().get("/console/app.js").status()).isEqualTo(404);
            assertThat(silent.anonymous().get("/my-key").status()).isEqualTo(404);
            assertThat(silent.anonymous().get("/my-key/page.js").status()).isEqualTo(404);
            assertThat(silent.anonymous().get("/v1/self", "Accept", "text/html").status())
                    .isEqualTo(406);
            Answer root = silent.anonymous().get("/");
            assertThat(root.status()).isEqualTo(404);
            assertThat(root.text("code")).isEqualTo("NOT_FOUND");
            assertThat(root.text("detail")).contains("/api-docs");
        }
    }
}
