package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Stores;
import io.keylapse.key.KeyId;
import io.keylapse.security.management.LastUses;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The tasks of the console's users, step by step. */
@NullUnmarked
class ConsoleTasksIT extends ConsoleTests {
    private static final ZoneId VIENNA = ZoneId.of("Europe/Vienna");
    private static final String FEED = "/v1/blacklist/feed";

    @BeforeAll
    static void start() {
        start(Stores.shared());
    }

    @Test
    void finds_which_keys_of_an_owner_expired_last_night_and_whether_notices_were_sent() {
        String owner = "globex-" + UUID.randomUUID();
        webhook(owner);
        ZonedDateTime midnight = ZonedDateTime.now(VIENNA).truncatedTo(ChronoUnit.DAYS);
        Answer lapsed = keyThatLapsed(owner, midnight.minusMinutes(30));
        Answer lapsedBefore = keyThatLapsed(owner, midnight.minusHours(7));
        Answer lapsedAfter = keyThatLapsed(owner, midnight.withHour(9));
        // In the browser's clock and time zone, at a fixed hour.
        page.clock().setFixedTime(Date.from(midnight.withHour(10).toInstant()));

        signIn("overview");
        link("Blacklist").click();
        findLastNight(owner, 3, lapsed);

        assertThat(rows().first()).containsText("expired");
        assertThat(rows().first()).containsText("delivered");
        assertThat(page.locator("main")).not().containsText(lapsedBefore.text("hint"));
        assertThat(page.locator("main")).not().containsText(lapsedAfter.text("hint"));
    }

    @Test
    void counts_the_night_until_now_to_who_looks_before_it_is_over() {
        String owner = owner();
        webhook(owner);
        ZonedDateTime midnight = ZonedDateTime.now(VIENNA).truncatedTo(ChronoUnit.DAYS);
        Answer lapsed = keyThatLapsed(owner, midnight.plusMinutes(20));
        keyThatLapsed(owner, midnight.minusHours(7));
        page.clock().setFixedTime(Date.from(midnight.plusMinutes(30).toInstant()));

        signIn("blacklist");
        findLastNight(owner, 2, lapsed);
    }

    /**
     * Searches for all endings of this owner, which are {@code all}, and then for those of last night, which is this
     * one.
     */
    private void findLastNight(String owner, int all, Answer lapsed) {
        page.getByLabel("Owner").fill(owner);
        button("Search").click();
        assertThat(rows()).hasCount(all);
        button("Last night").click();
        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText(lapsed.text("hint"));
    }

    private static Answer keyThatLapsed(String owner, ZonedDateTime at) {
        Answer key = expiredKey(owner, true);
        int moved = sql(
                "UPDATE blacklist SET ended_at = ? WHERE key_id = (SELECT id FROM api_key WHERE hint = ? AND owner = ?)",
                at.toOffsetDateTime(),
                key.text("hint"),
                owner);
        assertThat(moved).isEqualTo(1);
        return key;
    }

    @Test
    void sees_at_a_glance_how_it_goes_and_endings_as_they_happen() {
        admin.issue(owner(), Duration.ofHours(3));
        expiredKey(owner(), false);
        signIn("overview");
        assertThat(page.getByText("active keys")).isVisible();
        assertThat(page.getByText("expire within 24 hours")).isVisible();
        assertThat(page.getByText("from deadline to blacklist")).isVisible();
        assertThat(page.locator(".feed")).isAttached();
        assertThat(page.getByText("Healthy")).isVisible();
        awaitLiveFeed();

        String owner = owner();
        Answer key = admin.issue(owner, Duration.ofSeconds(1));

        Locator ending = page.locator(".feed li").filter(new Locator.FilterOptions().setHasText(owner));
        assertThat(ending).containsText(key.text("hint"));
        assertThat(ending).containsText("expired");
        photograph("overview-of-a-test");
    }

    @Test
    void sees_endings_by_polling_while_the_feed_is_refused_and_none_twice_or_never() {
        var continued = new ArrayList<String>();
        page.onRequest(request -> {
            if (request.url().endsWith(FEED)) {
                continued.add(request.headers().get("last-event-id"));
            }
        });
        refuseFeed(429);
        signIn("overview");
        Locator live = page.locator("section").filter(new Locator.FilterOptions().setHas(page.locator(".feed")));
        assertThat(live).containsText("every 5 seconds");
        assertThat(live)
                .containsText("Too many windows already get live updates with this management key."
                        + " This list is updated every 5 seconds instead.");
        String first = assertEndingIsShown();
        page.unroute("**" + FEED);
        refuseFeed(503);
        assertThat(live).containsText("Too many windows already get live updates from the service.");
        String second = assertEndingIsShown();

        page.unroute("**" + FEED);

        awaitLiveFeed();
        assertThat(live).not().containsText("instead");
        assertEndingIsShown();
        assertEndingIsShown(first);
        assertEndingIsShown(second);
        assertThat(continued.getFirst()).isNull();
        assertThat(continued.getLast()).isNotEmpty();
    }

    @Test
    void sees_endings_by_polling_when_the_feed_is_not_kept() {
        page.route(
                "**" + FEED,
                route -> route.fulfill(new Route.FulfillOptions()
                        .setContentType("text/event-stream")
                        .setBody("event: quiet\ndata: {}\n\n")));
        signIn("overview");
        assertThat(page.locator("main"))
                .containsText("The live connection was closed too early. This list is updated every");
        assertEndingIsShown();
    }

    private void refuseFeed(int status) {
        page.route(
                "**" + FEED,
                route -> route.fulfill(new Route.FulfillOptions()
                        .setStatus(status)
                        .setHeaders(Map.of("Retry-After", "1"))
                        .setContentType("application/problem+json")
                        .setBody("{\"code\":\"TOO_MANY_LISTENERS\"}")));
    }

    private String assertEndingIsShown() {
        String owner = owner();
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        assertEndingIsShown(owner);
        return owner;
    }

    /** Asserts that the ending is shown exactly once. */
    private void assertEndingIsShown(String owner) {
        assertThat(page.locator(".feed li").filter(new Locator.FilterOptions().setHasText(owner)))
                .hasCount(1);
    }

    @Test
    void leaves_the_overview_open_and_its_numbers_go_on() {
        page.clock().install();
        signIn("overview");
        Locator live = page.locator(".figure").first();
        assertThat(live).containsText("active keys");
        String before = live.textContent();

        admin.issue(owner(), Duration.ofHours(3));
        page.clock().fastForward("00:20");

        assertThat(live).not().hasText(before);
    }

    @Test
    void issues_a_key_whose_secret_is_shown_once() {
        String owner = owner();
        signIn("keys");
        button("Issue a key").click();
        button("Issue the key").click();
        assertThat(dialog().locator("[data-field=owner] .error")).not().isEmpty();
        dialog().getByLabel("Owner", new Locator.GetByLabelOptions().setExact(true))
                .fill(owner);
        dialog().getByLabel("Name").fill("nightly export");
        dialog().getByLabel("Scopes").fill("read write");
        dialog().getByLabel("Metadata").fill("{\"team\":");
        button("Issue the key").click();
        assertThat(dialog().locator("[data-field=metadata] .error")).hasText("is not valid JSON");
        dialog().getByLabel("Metadata").fill("{\"team\":\"data\"}");
        dialog().getByLabel("Expires after").fill("1.5");
        button("Issue the key").click();
        assertThat(dialog().locator("[data-field=ttl] .error")).hasText("must be a whole number");
        dialog().getByLabel("Expires after").fill("30");
        button("Issue the key").click();

        assertThat(heading("The new key")).isVisible();
        assertThat(dialog()).containsText("never be shown again");
        String secret = dialog().getByLabel("The new key").inputValue();
        assertThat(admin.check(secret).status()).isEqualTo(200);
        context.grantPermissions(List.of("clipboard-read", "clipboard-write"));
        button("Copy").click();
        assertThat(dialog()).containsText("Copied.");
        assertThat(page.evaluate("navigator.clipboard.readText()")).isEqualTo(secret);
        photograph("issued");
        button("I’ve saved it").click();

        assertThat(page.locator("main")).containsText("nightly export");
        assertThat(page.locator("main")).containsText("Issued");
        assertThat(page.content().contains(secret)).isFalse();
    }

    @Test
    void renews_rotates_and_revokes_a_key_and_reads_its_life() {
        String owner = owner();
        webhook(owner);
        Answer key = expiredKey(owner, true);
        signIn("key?id=" + key.text("id"));

        button("Renew").click();
        assertThat(dialog()).containsText(owner);
        assertThat(dialog()).containsText("The key ended ");
        assertThat(dialog().getByLabel("New lifetime from now")).hasValue("PT1S");
        dialog().getByLabel("New lifetime from now").selectOption("P30D");
        button("Renew the key").click();
        assertThat(page.locator("h1 .pill")).hasText("active");
        assertThat(admin.check(key.text("key")).status()).isEqualTo(200);

        assertThat(page.locator("main")).containsText("in 30 days");
        assertThat(button("Renew")).isFocused();

        button("Rotate").click();
        assertThat(dialog()).containsText("30 days earlier");
        dialog().getByLabel("Lifetime of the successor").selectOption("P7D");
        button("Rotate the key").click();
        String successor = dialog().getByLabel("The new key").inputValue();
        assertThat(admin.check(successor).status()).isEqualTo(200);
        button("I’ve saved it").click();
        assertThat(page.locator("h1")).containsText("replaced accepted until");
        assertThat(page.locator("main")).containsText("when its grace period ends, and cannot be renewed");
        photograph("key-in-its-grace");

        button("Revoke").click();
        assertThat(dialog()).containsText("This cannot be undone.");
        dialog().getByLabel("Reason").fill("it stood in a log");
        button("Revoke the key").click();
        assertThat(page.locator("h1 .pill")).hasText("revoked");
        assertThat(admin.check(key.text("key")).header("X-Key-Code")).isEqualTo("KEY_REVOKED");

        Locator life = page.locator(".timeline");
        for (String event : List.of(
                "Issued",
                "Expired",
                "Notice “expired” was delivered",
                "Reinstated",
                "Renewed",
                "Rotated",
                "Revoked: it stood in a log")) {
            assertThat(life).containsText(event);
        }
        assertThat(button("Renew")).hasCount(0);
        await().atMost(20, SECONDS).until(() -> receiver.calls("/" + owner).size() >= 4);
        await().atMost(30, SECONDS)
                .until(() ->
                        admin
                                .get("/v1/notices?limit=500&keyId=" + key.text("id"))
                                .json()
                                .findValuesAsText("state")
                                .stream()
                                .allMatch("delivered"::equals));
        page.reload();
        assertThat(life).containsText("Notice “revoked” was delivered");
        photograph("key-of-a-test");
    }

    @Test
    void finds_the_ended_keys_that_are_still_used_and_sees_since_when_and_how_often() throws Exception {
        String owner = owner();
        admin.issue(owner, Duration.ofHours(1));
        Answer used = admin.issue(owner, Duration.ofHours(1));
        admin.delete("/v1/keys/" + used.text("id"));
        stores.run(
                "INSERT INTO key_refusal (key_id, first_refused_at, last_refused_at, refused_count)"
                        + " VALUES (?, now(), now(), 14)",
                KeyId.parse(used.text("id")).orElseThrow().value());
        signIn("keys");

        page.getByLabel("Owner").fill(owner);
        page.getByLabel("Still used").selectOption("true");
        button("Search").click();

        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText("refused");
        page.getByText(used.text("hint")).click();
        assertThat(page.getByText("refused 14 times")).isVisible();
    }

    @Test
    void gives_somebody_access_sees_what_they_did_and_takes_it_away() {
        signIn("team");
        button("Create a management key").click();
        String name = "Marta " + UUID.randomUUID();
        dialog().getByLabel("Name").fill(name);
        dialog().getByLabel("issuer").check();
        button("Create the key").click();
        Client marta =
                node.as(dialog().getByLabel("The management key of " + name).inputValue());
        button("I’ve saved it").click();
        Locator row = rows().filter(new Locator.FilterOptions().setHasText(name));
        assertThat(row).containsText("issuer");
        assertThat(row).containsText("not yet");

        Answer key = marta.issue(owner(), Duration.ofHours(1));
        marta.patch("/v1/keys/" + key.text("id"), "{\"scopes\":[\"a\"]}");
        marta.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"PT2H\"}");
        marta.post("/v1/keys/" + key.text("id") + "/revoke", "{\"reason\":\"leaked\"}");
        node.bean(LastUses.class).runOnce();
        page.reload();
        assertThat(row).not().containsText("not yet");
        row.getByRole(BUTTON).click();
        button("Delete the key").click();
        assertThat(row).hasCount(0);

        page.navigate("/console#/key?id=" + key.text("id"));
        Locator life = page.locator(".timeline");
        for (String event : List.of("Issued", "Edited: scopes", "Renewed", "Revoked: leaked")) {
            assertThat(life.locator("li").filter(new Locator.FilterOptions().setHasText(event)))
                    .containsText("by " + name);
        }
        life.getByRole(LINK, new Locator.GetByRoleOptions().setName(name))
                .first()
                .click();
        assertThat(heading("Audit")).isVisible();
        assertThat(rows()).hasCount(4);
        assertThat(rows().first()).containsText("Revoked a key");
        page.getByLabel("Action").selectOption("Edited a key");
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText("Edited a key: scopes");
        assertThat(page).hasURL(Pattern.compile("action=key.change"));
        photograph("audit-of-a-test");
    }

    @Test
    void sees_before_renewing_what_becomes_of_the_deadline() {
        Answer key = admin.issue("{\"owner\":\"%s\",\"ttl\":\"P365D\"}".formatted(owner()));
        assertThat(key.text("lifetime")).isEqualTo("P365D");
        signIn("key?id=" + key.text("id"));
        assertThat(page.locator("main")).containsText("in 12 months");
        button("Renew").click();
        Locator lifetime = dialog().getByLabel("New lifetime from now");
        Locator becomes = dialog().locator("p[role=status]");
        assertThat(lifetime).hasValue("P365D");
        assertThat(becomes).containsText("as before");

        lifetime.selectOption("P30D");

        assertThat(becomes).containsText("11 months earlier");
        assertThat(becomes).hasClass("warning");
        photograph("renew");
        lifetime.selectOption("other");
        dialog().getByLabel("Length").fill("1.5");
        button("Renew the key").click();
        assertThat(dialog().locator("[data-field=ttl] .error"))
                .hasText("must be a whole number, 1 or more; for half a day, choose hours");
        dialog().getByLabel("Length").fill("400");
        button("Renew the key").click();
        assertThat(dialog().locator("[data-field=ttl] .error")).containsText("366 days");
        lifetime.selectOption("date");
        dialog().getByLabel("Date").fill("2026-01-01T12:00");
        button("Renew the key").click();
        assertThat(dialog().locator("[data-field=expiresAt] .error")).containsText("must not be in the past");
        assertThat(admin.get("/v1/keys/" + key.text("id")).text("expiresAt")).isEqualTo(key.text("expiresAt"));
    }

    @Test
    void session_that_ends_while_a_form_is_open_loses_nothing_that_was_typed() {
        String owner = owner();
        String managementKey = managementKey("issuer");
        signIn("keys", managementKey);
        assertThat(page.locator("main .loading")).hasCount(0);
        button("Issue a key").click();
        dialog().getByLabel("Owner", new Locator.GetByLabelOptions().setExact(true))
                .fill(owner);
        dialog().getByLabel("Name").fill("nightly export");
        String id = node.as(managementKey).get("/v1/me").text("id");
        assertThat(admin.delete("/v1/management-keys/" + id).status()).isEqualTo(204);
        button("Issue the key").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("no longer accepted");
        assertThat(dialog()).hasCount(0);

        page.getByLabel("Management key").fill(io.keylapse.harness.Node.ADMIN_KEY);
        button("Sign in").click();

        assertThat(dialog().getByLabel("Name")).hasValue("nightly export");
        button("Issue the key").click();
        assertThat(dialog().getByLabel("The new key")).isVisible();
        button("I’ve saved it").click();
        assertThat(page.locator("main")).containsText("nightly export");

        page.goBack();
        button("Issue a key").click();
        dialog().getByLabel("Name").fill("secret plans");
        page.keyboard().press("Escape");
        button("Sign out").click();
        page.getByLabel("Management key").fill(io.keylapse.harness.Node.ADMIN_KEY);
        button("Sign in").click();
        assertThat(button("Issue a key")).isVisible();
        assertThat(dialog()).hasCount(0);
    }

    @Test
    void search_keeps_an_instant_that_was_not_changed_also_in_the_hour_that_comes_twice() {
        String from = "2026-10-25T01:30:15.123Z";
        for (String view : List.of("notices", "blacklist")) {
            page.navigate("about:blank");
            open(1280, 900, ColorScheme.LIGHT);
            signIn(view + "?from=" + from);
            button("Search").click();
            assertThat(page.getByText("Show more")
                            .or(page.locator("main .state"))
                            .or(rows())
                            .first())
                    .isVisible();
            assertThat(java.net.URLDecoder.decode(page.url(), java.nio.charset.StandardCharsets.UTF_8))
                    .contains("from=" + from);
        }
    }

    @Test
    void a_whole_key_in_a_filter_never_gets_into_the_address() {
        Answer key = admin.issue(owner(), Duration.ofDays(1));
        for (String narrowing : List.of("Next 7 days", "Never expires")) {
            open(1280, 900, ColorScheme.LIGHT);
            signIn("keys");
            page.getByLabel("Contains").fill(key.text("key"));
            button(narrowing).click();
            assertThat(page).hasURL(Pattern.compile("key\\?id=" + key.text("id") + "$"));
        }
    }

    @Test
    void words_and_dates_are_in_one_language() {
        Answer key = admin.issue(owner(), Duration.ofDays(1));
        open(1280, 900, ColorScheme.LIGHT, "de-DE");
        signIn("key?id=" + key.text("id"));
        assertThat(page.locator("main")).containsText("tomorrow");
        assertThat(page.locator("main")).not().containsText("morgen");
        assertThat(page.locator("main")).not().containsText("vor ");
    }

    @Test
    void an_answer_that_arrives_late_does_not_replace_a_newer_one() {
        signIn("notices");
        var late = new CompletableFuture<Route>();
        page.route("**/v1/mail-templates/api_key.expiring?language=de", late::complete);
        button("Preview mail").click();
        dialog().getByLabel("Language").selectOption("de");
        dialog().getByLabel("Event").selectOption("api_key.rotated");
        assertThat(dialog().locator("pre")).containsText("Was Sie tun müssen");

        page.waitForResponse(
                        "**/v1/mail-templates/api_key.expiring?language=de",
                        () -> late.join().resume())
                .finished();
        // When another request has been answered after it, the page has handled it.
        page.evaluate("fetch('health/liveness').then(answer => answer.text())");
        assertThat(dialog().locator("pre").textContent()).contains("Was Sie tun müssen");
    }

    @Test
    void previews_the_mail_to_owners_and_sends_a_test() {
        signIn("notices");
        button("Preview mail").click();
        assertThat(dialog()).containsText("Acme API: Your API key “billing, production” expires in 7 days");
        assertThat(dialog()).containsText("No mail server is configured");
        dialog().getByLabel("Language").selectOption("de");
        dialog().getByLabel("Event").selectOption("api_key.rotated");
        assertThat(dialog().locator("pre")).containsText("Was Sie tun müssen");
        Download html = page.waitForDownload(() -> button("Download the HTML").click());
        assertThat(html.suggestedFilename()).isEqualTo("rotated.de.html");
        photograph("mail-preview");
        page.keyboard().press("Escape");

        page.route(
                "**/v1/mail-templates",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setContentType("application/json")
                        .setBody(admin.get("/v1/mail-templates").body().replace("false", "true"))));
        var answers = new ArrayList<>(List.of(
                "{\"result\":\"failed\",\"outcome\":\"the mail server is asleep\"}",
                "{\"result\":\"delivered\",\"outcome\":\"accepted\"}"));
        page.route(
                "**/v1/mail-templates/*/test",
                route -> route.fulfill(new Route.FulfillOptions()
                        .setContentType("application/json")
                        .setBody(answers.removeFirst())));
        button("Preview mail").click();
        dialog().getByLabel("Send a test to").fill("me@example.com");
        button("Send a test").click();
        assertThat(dialog()).containsText("Not sent: the mail server is asleep.");
        button("Send a test").click();
        assertThat(page.getByRole(AriaRole.STATUS).filter(new Locator.FilterOptions().setHasText("Test mail sent.")))
                .isVisible();
    }

    @Test
    void sees_at_once_that_a_webhook_fails_and_why() {
        String owner = owner();
        webhook(owner);
        receiver.answer(503, "down");
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        await().atMost(20, SECONDS)
                .until(() -> admin.get("/v1/webhooks?owner=" + owner).body().contains("\"failing\""));
        signIn("webhooks");
        Locator row = rows().filter(new Locator.FilterOptions().setHasText(owner));
        assertThat(row.locator(".pill.bad")).hasText("Failing");
        assertThat(row.locator("b.bad")).containsText("503");
        photograph("webhook-that-fails");
        row.getByText("1 pending").click();
        assertThat(rows()).hasCount(1);
        assertThat(page.locator("main")).containsText("Only deliveries to one webhook.");
    }

    @Test
    void finds_keys_by_owner_name_hint_state_and_deadline() {
        String owner = owner();
        Answer one =
                admin.issue("{\"owner\":\"%s\",\"name\":\"Zebra-%s one\",\"ttl\":\"PT1H\"}".formatted(owner, owner));
        Answer two =
                admin.issue("{\"owner\":\"%s\",\"name\":\"Zebra-%s two\",\"ttl\":\"P9D\"}".formatted(owner, owner));
        admin.post("/v1/keys/" + two.text("id") + "/revoke", "{}");
        signIn("keys");

        search("Owner", owner);
        assertThat(rows()).hasCount(2);
        page.getByLabel("State").selectOption("revoked");
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText(two.text("hint"));
        button("Clear").click();
        search("Contains", "Zebra-" + owner);
        assertThat(rows()).hasCount(2);
        button("Clear").click();
        search("Contains", one.text("hint"));
        assertThat(rows().first()).containsText(one.text("hint"));
        button("Clear").click();
        page.getByLabel("Owner").fill(owner);
        page.getByLabel("Expires before")
                .fill(ZonedDateTime.now(VIENNA)
                        .plusHours(3)
                        .toLocalDateTime()
                        .toString()
                        .substring(0, 16));
        button("Search").click();
        assertThat(rows()).hasCount(1);

        button("Clear").click();
        search("Contains", one.text("key"));
        assertThat(page.locator("h1")).containsText(one.text("hint"));
        assertThat(page.url()).doesNotContain(one.text("key"));
        link("All keys").click();
        search("Owner", "nobody at all");
        assertThat(page.locator("main")).containsText("No keys match these filters.");
    }

    @Test
    void shares_a_link_to_what_it_found_in_the_blacklist_and_downloads_it() throws IOException {
        String owner = owner();
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{\"reason\":\"left\"}");
        expiredKey(owner, false);
        signIn("blacklist");
        page.getByLabel("Owner").fill(owner);
        page.getByLabel("Reason").selectOption("revoked");
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(page.locator(".totals")).hasText("In the last 30 days: 1 revoked.");
        page.getByLabel("Key ID").fill(key.text("id"));
        page.getByLabel("Order").selectOption("recorded");
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(page.locator("main")).containsText("1 result");
        String shared = page.url();

        Download download = page.waitForDownload(() -> button("Download CSV").click());

        assertThat(Files.readString(download.path())).startsWith("keyId,").contains(key.text("id"));
        assertThat(Files.readAllLines(download.path())).hasSize(2);
        open(1280, 900, ColorScheme.LIGHT);
        signIn(shared.substring(shared.indexOf("#/") + 2));
        assertThat(page.getByLabel("Owner")).hasValue(owner);
        assertThat(rows()).hasCount(1);
        assertThat(rows().first().locator("time").first()).hasAttribute("title", Pattern.compile("20.*Z"));
    }

    @Test
    void sees_why_a_notice_failed_and_sends_it_again() {
        String owner = owner();
        webhook(owner);
        receiver.answer(500, "<b>out of order</b>");
        Answer key = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + key.text("id") + "/revoke", "{}");
        for (int attempt = 1; attempt < 10; attempt++) {
            int number = attempt;
            // Waits until the attempt is stored, which also stores its pause.
            await().atMost(30, SECONDS)
                    .until(() -> sql(
                                    "UPDATE delivery SET next_attempt_at = now() FROM notice n, delivery_attempt a"
                                            + " WHERE n.id = notice_id AND owner = ? AND a.delivery_id = delivery.id AND a.number = ?"
                                            + " AND delivery.state = 'pending'",
                                    owner,
                                    number)
                            == 1);
        }
        await().atMost(20, SECONDS)
                .until(() -> admin.get("/v1/notices?owner=" + owner).body().contains("\"state\":\"dead\""));
        receiver.answer(204, "");
        signIn("notices");
        page.getByLabel("Owner").fill(owner);
        button("Search").click();
        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText("failed");

        button("10 attempts").click();
        assertThat(dialog()).containsText("after 10 attempts");
        assertThat(dialog().locator("pre").first()).hasText("<b>out of order</b>");
        photograph("delivery");
        button("Retry delivery").click();

        await().atMost(20, SECONDS)
                .until(() -> admin.get("/v1/notices?owner=" + owner).body().contains("\"state\":\"delivered\""));
        button("Search").click();
        assertThat(rows().first()).containsText("delivered");
        page.getByLabel("Show").selectOption("dead");
        button("Search").click();
        assertThat(page.locator("main")).not().containsText(owner);
        photograph("notices");
    }

    @Test
    void adds_tries_out_and_deletes_a_webhook() {
        String owner = owner();
        signIn("webhooks");
        button("Add a webhook").click();
        dialog().getByLabel("URL").fill("http://10.0.0.1/");
        button("Add the webhook").click();
        assertThat(dialog().locator("[data-field=url] .error")).not().isEmpty();
        dialog().getByLabel("URL").fill(receiver.url("/" + owner));
        dialog().getByLabel("Owners").fill(owner);
        button("Add the webhook").click();
        assertThat(dialog().getByLabel("The signing secret")).hasValue(Pattern.compile("whsec_.*"));
        button("I’ve saved it").click();
        Locator row = rows().filter(new Locator.FilterOptions().setHasText(owner));
        assertThat(row).containsText("No deliveries yet");

        row.getByText("Send test").click();
        assertThat(page.getByRole(AriaRole.STATUS).filter(new Locator.FilterOptions().setHasText("Test delivered")))
                .isVisible();
        assertThat(receiver.calls("/" + owner)).hasSize(1);
        photograph("webhooks");
        row.getByText("Delete").click();
        button("Delete the webhook").click();
        assertThat(row).hasCount(0);
    }

    @Test
    void finds_a_key_from_any_page_by_id_whole_key_or_a_part_of_its_texts() {
        String owner = owner();
        Answer key = admin.issue("{\"owner\":\"%s\",\"name\":\"Billing-%s\",\"ttl\":\"PT1H\"}".formatted(owner, owner));
        var asked = new ArrayList<String>();
        page.onRequest(request -> asked.add(request.url()));
        signIn("webhooks");
        Locator find = page.getByLabel("Find keys").last();

        page.keyboard().press("/");
        assertThat(find).isFocused();
        page.keyboard().type("seen in a log: " + key.text("id"));
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).containsText(key.text("hint"));

        page.keyboard().press("Control+k");
        page.keyboard().type("bILLING-" + owner);
        page.keyboard().press("Enter");
        assertThat(rows()).hasCount(1);
        assertThat(page.getByLabel("Contains")).hasValue("bILLING-" + owner);

        page.keyboard().press("Control+k");
        page.keyboard().type("found " + key.text("key") + " in pastebin");
        page.keyboard().press("Enter");
        assertThat(page.locator("h1")).containsText(key.text("hint"));

        page.keyboard().press("Control+k");
        page.keyboard().type("kl_0aA4" + "aB3dE5fG7hJ9");
        page.keyboard().press("Enter");
        assertThat(page.locator("#find-error")).containsText("This looks like a part of a key.");
        asked.add(page.url());
        assertThat(asked).noneMatch(url -> url.contains(key.text("key")) || url.contains("kl_0aA4"));
    }

    @Test
    void ends_all_keys_of_a_leaked_owner_with_a_reason_and_sees_each_result() {
        String owner = "Globex & Söhne " + owner();
        Answer first = admin.issue(owner, Duration.ofHours(1));
        Answer second = admin.issue(owner, Duration.ofHours(2));
        Answer ended = admin.issue(owner, Duration.ofHours(1));
        admin.post("/v1/keys/" + ended.text("id") + "/revoke", "{}");
        signIn("owners");
        search("Contains", owner.substring(0, 20).toUpperCase(java.util.Locale.ROOT) + owner.substring(20));
        assertThat(rows()).hasCount(1);
        link(owner).click();
        assertThat(heading(owner)).isVisible();

        button("Revoke all 2 active keys").click();
        dialog().getByLabel("Reason").fill("stood in a public repository");
        button("Preview").click();
        assertThat(dialog()).containsText("2 would be revoked");
        assertThat(dialog()).containsText(first.text("hint"));
        assertThat(admin.check(first.text("key")).status()).isEqualTo(200);
        photograph("revoke-all");
        button("Revoke 2 keys").click();

        assertThat(dialog()).containsText("2 revoked");
        button("Close").click();
        assertThat(dialog()).hasCount(0);
        for (Answer key : List.of(first, second)) {
            assertThat(admin.check(key.text("key")).header("X-Key-Code")).isEqualTo("KEY_REVOKED");
            assertThat(admin.get("/v1/blacklist?keyId=" + key.text("id")).body())
                    .contains("stood in a public");
        }
        assertThat(page.locator(".figure").filter(new Locator.FilterOptions().setHasText("revoked")))
                .containsText("3");
        assertThat(page.getByText("Revoke all")).hasCount(0);
        photograph("owner");
    }

    @Test
    void renews_what_expires_in_seven_days_by_selected_rows_and_by_the_filters_and_exports_it() throws IOException {
        String owner = owner();
        Answer soon = admin.issue(owner, Duration.ofDays(2));
        Answer sooner = admin.issue(owner, Duration.ofDays(1));
        admin.issue(owner, Duration.ofDays(20));
        signIn("keys");
        search("Owner", owner);
        assertThat(rows()).hasCount(3);
        button("Next 7 days").click();
        assertThat(rows()).hasCount(2);
        assertThat(rows().first()).containsText(sooner.text("hint"));

        Download download = page.waitForDownload(() -> button("Download CSV").click());
        assertThat(download.suggestedFilename()).isEqualTo("keys.csv");
        assertThat(Files.readAllLines(download.path())).hasSize(3);
        assertThat(Files.readString(download.path())).contains(soon.text("id"), sooner.text("id"));

        assertThat(button("Renew …")).isDisabled();
        photograph("keys");
        page.getByLabel("Select " + soon.text("hint")).check();
        button("Renew …").click();
        dialog().getByLabel("New lifetime").fill("1");
        button("Preview").click();
        assertThat(dialog()).containsText("1 of them would get an earlier deadline.");
        button("Cancel").click();
        page.getByLabel("All keys that match these filters").check();
        button("Renew …").click();
        dialog().getByLabel("New lifetime").fill("9999");
        button("Preview").click();
        assertThat(dialog().locator("[data-field=ttl] .error")).containsText("must be at most");
        dialog().getByLabel("New lifetime").fill("90");
        button("Preview").click();
        assertThat(dialog()).containsText("2 would be renewed");
        photograph("renew-many");
        assertThat(dialog()).not().containsText("earlier");
        button("Renew 2 keys").click();
        assertThat(dialog()).containsText("2 renewed");
        button("Close").click();

        assertThat(page.locator("main")).containsText("No keys match these filters.");
        assertThat(admin.get("/v1/keys/" + soon.text("id")).text("expiresAt"))
                .isGreaterThan(
                        ZonedDateTime.now(VIENNA).plusDays(89).toInstant().toString());
    }

    @Test
    void long_texts_break_no_other_column() {
        String owner = owner();
        admin.issue("{\"owner\":\"%s\",\"name\":\"%s\",\"ttl\":\"PT1H\"}".formatted(owner, "x".repeat(200)));
        for (int width : new int[] {1280, 900}) {
            open(width, 900, ColorScheme.LIGHT);
            signIn("keys?owner=" + owner);
            Locator hint = rows().first().locator("td a").first();
            assertThat(hint).isVisible();
            assertThat((Integer) hint.evaluate("element => element.getClientRects().length"))
                    .isEqualTo(1);
            assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                    .isLessThanOrEqualTo(width);
        }
    }

    private void search(String field, String text) {
        page.getByLabel(field).fill(text);
        button("Search").click();
    }
}
