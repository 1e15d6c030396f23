package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.keylapse.harness.Client.quote;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import jakarta.mail.internet.MimeMultipart;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page for key holders, in Chromium. */
@NullUnmarked
class MyKeyIT extends ConsoleTests {
    private static final String SCRIPT = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>'\"";
    private static final String SERVICE = "Acme <b>API</b> & \"Co\"";
    private static final Pattern LINK = Pattern.compile("https://keys\\.example\\.com/my-key#([A-Za-z0-9_-]{64})");
    private static final int PHONE = 360;

    private static GreenMail server;

    @BeforeAll
    static void start() {
        var smtp = new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP);
        smtp.setServerStartupTimeout(30_000);
        server = new GreenMail(smtp);
        CloseAfterTests.register(server::stop);
        server.start();
        start(
                Stores.own(),
                Map.of(
                        "keylapse.service-name",
                        SERVICE,
                        "keylapse.mail.smtp-uri",
                        "smtp://127.0.0.1:" + server.getSmtp().getPort(),
                        "keylapse.mail.from",
                        "keys@example.com",
                        "keylapse.public-url",
                        "https://keys.example.com",
                        "keylapse.self-renewal.policy",
                        "within-grace",
                        "keylapse.self-rotation-policy",
                        "before-expiry"));
    }

    @Test
    void owner_of_an_expired_key_has_a_working_one_three_clicks_after_the_mail_on_a_phone() {
        Answer key = admin.issue(("{\"owner\":%s,\"name\":\"night build\",\"scopes\":[\"read\"],\"ttl\":\"PT1S\","
                        + "\"contact\":{\"email\":\"%s@example.com\"}}")
                .formatted(quote(owner()), UUID.randomUUID()));
        String token = tokenMailedTo(key.json().at("/contact/email").asText());
        sql("UPDATE api_key SET lifetime_ms = 2592000000 WHERE owner = ?", key.text("owner"));
        open(PHONE, 740, ColorScheme.DARK);

        page.navigate("/my-key#" + token);
        assertThat(heading("night build")).isVisible();
        assertThat(page.locator("main")).containsText("This key expired on");
        assertThat(page).hasURL(Pattern.compile("/my-key$"));
        assertFitsAndIsAccessible("my-key-expired");
        button("Renew for 30 days").click();

        assertThat(page.locator("main")).containsText("This key is valid until");
        assertThat(page.locator("main")).containsText("(in 30 days)");
        assertFitsAndIsAccessible("my-key-renewed");
        assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);
        assertThat(page.content()).doesNotContain(token, key.text("key"));

        page.navigate("/my-key#" + token);
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("This link has been used or has expired.");
        assertThat(page.getByLabel("API key", exactly())).isVisible();
    }

    @Test
    void link_that_is_not_complete_says_so_and_the_key_can_be_entered_by_keyboard() {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        page.navigate("/my-key#" + "A".repeat(40));
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("This link is not complete.");
        assertFitsAndIsAccessible("my-key-enter");

        page.keyboard().type("nonsense");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("This is not one of our keys.");
        page.getByLabel("API key", exactly()).fill(key.text("key"));
        page.keyboard().press("Enter");

        assertThat(page.locator("main")).containsText("This key is valid until");
        assertThat(page.locator("main")).containsText("Times are in your time zone, Europe/Vienna.");
        assertFitsAndIsAccessible("my-key-active");
        page.reload();
        assertThat(page.getByLabel("API key", exactly())).hasValue("");
    }

    @Test
    void holder_renews_for_another_time_and_is_told_what_is_wrong_with_it() {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        sql("UPDATE api_key SET expires_at = now() + interval '1 hour' WHERE owner = ?", key.text("owner"));
        enter(key);
        page.getByText("Choose another time").click();
        page.getByLabel("How long from now").fill("3");
        button("Renew for this long").click();
        assertThat(page.locator("[data-field=ttl] .error")).containsText("Must be at most 2 days");
        page.getByLabel("How long from now").fill("1");
        button("Renew for this long").click();

        assertThat(page.locator("main")).containsText("(in 24 hours)");
        Answer self = node.anonymous().get("/v1/self", "X-API-Key", key.text("key"));
        assertThat(Duration.between(Instant.now(), Instant.parse(self.text("expiresAt"))))
                .isBetween(Duration.ofHours(23), Duration.ofHours(24));
    }

    @Test
    void holder_replaces_a_key_and_sees_the_new_one_once() {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        enter(key);
        button("Replace …").click();
        assertFitsAndIsAccessible("my-key-replace");
        dialog().getByLabel("The old key is accepted for another").selectOption("1 day");
        button("Replace").click();
        String secret = page.locator("input.secret").inputValue();
        assertFitsAndIsAccessible("my-key-secret");
        page.keyboard().press("Escape");
        assertThat(page.locator("input.secret")).isVisible();
        button("Copy").click();
        assertThat(dialog().getByRole(AriaRole.STATUS)).containsText(Pattern.compile("Copied|blocked"));
        button("I’ve saved it").click();

        assertThat(dialog()).hasCount(0);
        assertThat(page.locator("main")).containsText("This key is valid until");
        assertThat(page.content()).doesNotContain(secret);
        assertThat(node.anonymous().check(secret).status()).isEqualTo(200);
        await().atMost(20, SECONDS)
                .until(() -> !node.anonymous()
                        .get("/v1/self", "X-API-Key", key.text("key"))
                        .json()
                        .get("rotatable")
                        .asBoolean());
        enter(key);
        assertThat(page.locator("main")).containsText("This key was replaced by a new one. It is still accepted until");
        assertThat(button("Replace …")).hasCount(0);
    }

    @Test
    void holder_revokes_a_key_with_a_reason_and_reads_it_afterwards() {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        enter(key);
        button("Revoke …").click();
        button("Cancel").click();
        assertThat(node.anonymous().check(key.text("key")).status()).isEqualTo(200);
        button("Revoke …").click();
        dialog().getByLabel("Reason").fill(SCRIPT);
        assertFitsAndIsAccessible("my-key-revoke");
        button("Revoke").click();

        assertThat(page.locator("main")).containsText("This key was revoked on");
        assertThat(page.locator("main")).containsText("Reason: “" + SCRIPT + "”");
        assertThat(page.locator(".history li").first()).containsText("Revoked: " + SCRIPT);
        assertThat(button("Revoke …")).hasCount(0);
        assertFitsAndIsAccessible("my-key-revoked");
        assertThat(page.evaluate("window.hacked")).isNull();
        assertThat(node.anonymous().check(key.text("key")).text("code")).isEqualTo("KEY_REVOKED");
    }

    @Test
    void page_says_whose_service_it_is_and_whom_to_ask() {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        admin.delete("/v1/keys/" + key.text("id"));
        enter(key);

        assertThat(page.locator("header")).hasText(SERVICE + " · My API key");
        assertThat(page).hasTitle("Revoked · " + SERVICE + " · My API key");
        assertThat(page.locator("main"))
                .containsText("A revoked key cannot be renewed. For a new one, contact support@acme.example.");
        assertThat(page.locator("footer")).hasText("Questions? Contact support@acme.example.");
        assertThat(page.locator("footer a")).hasAttribute("href", "mailto:support@acme.example");

        page.route("**/my-key/service", route -> route.fulfill(new Route.FulfillOptions().setBody("{}")));
        enter(key);
        assertThat(page.locator("header")).hasText("My API key");
        assertThat(page).hasTitle("Revoked · My API key");
        assertThat(page.locator("main")).containsText("Ask its issuer for a new one.");
        assertThat(page.locator("footer")).isHidden();
        assertThat(Node.shared().anonymous().get("/my-key/service").body()).isEqualTo("{}");
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    de-AT, de, Mein API-Schlüssel, Gültig,   Dieser Schlüssel ist bis zum, in 2 Tagen,       Fragen? Wenden Sie sich an
                    fr-CA, fr, Ma clé API,         Valide,   Cette clé est valide jusqu’au, dans 2 jours,    Des questions ? Contactez
                    es-MX, es, Mi clave de API,    Válida,   Esta clave es válida hasta el, dentro de 2 días, ¿Tiene alguna pregunta? Póngase en contacto con
                    en-US, en, My API key,         Valid,    This key is valid until,       in 2 days,       Questions? Contact
                    ja-JP, en, My API key,         Valid,    This key is valid until,       in 2 days,       Questions? Contact
                    """)
    void page_is_in_the_readers_language_and_otherwise_in_english(
            String locale, String language, String name, String state, String sentence, String left, String foot) {
        Answer key = admin.issue(owner(), Duration.ofDays(2));
        open(PHONE, 740, ColorScheme.DARK, locale);
        page.navigate("/my-key");
        page.locator("input[name=key]").fill("nonsense");
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.ALERT)).not().isEmpty();
        assertFitsAndIsAccessible("my-key-enter-" + locale);
        page.locator("input[name=key]").fill(key.text("key"));
        page.keyboard().press("Enter");

        assertThat(page.locator(".pill")).hasText(state);
        assertThat(page.locator("html")).hasAttribute("lang", language);
        assertThat(page.locator("header")).containsText(name);
        assertThat(page.locator(".lead")).containsText(sentence);
        assertThat(page.locator(".lead")).containsText(left);
        assertThat(page.locator("footer")).containsText(foot);
        assertFitsAndIsAccessible("my-key-active-" + locale);
        page.locator("summary").click();
        page.screenshot(new ScreenshotOptions()
                .setFullPage(true)
                .setPath(Path.of("target", "screenshots", "my-key-whole-" + locale + ".png")));
        page.locator("button.danger").click();
        assertFitsAndIsAccessible("my-key-revoke-" + locale);
        dialog().locator("button.danger").click();
        assertThat(page.locator(".pill.revoked")).isVisible();
        assertFitsAndIsAccessible("my-key-revoked-" + locale);
    }

    @Test
    void every_language_has_every_text() {
        page.navigate("/my-key");
        assertThat(page.evaluate("""
                        async () => {
                            const shape = each => typeof each === "object"
                                ? Object.keys(each).sort().map(key => [key, shape(each[key])]) : typeof each + (each.length === 0);
                            const all = await Promise.all(["en", "de", "fr", "es"].map(name => import(`/my-key/${name}.js`)));
                            const shapes = all.map(each => JSON.stringify(shape(Object.fromEntries(
                                Object.entries(each.default).map(([key, text]) => [key, typeof text === "string" ? "" : text])))));
                            return new Set(shapes).size;
                        }""")).isEqualTo(1);
    }

    @Test
    void browser_is_led_from_the_api_to_the_page_and_programs_are_not() {
        Answer led = node.anonymous()
                .get("/v1/self", "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        assertThat(page.navigate("/v1/self").status()).isEqualTo(200);
        assertThat(page).hasURL(Pattern.compile("/my-key$"));

        assertThat(led.status()).isEqualTo(303);
        assertThat(led.header("Location")).isEqualTo("../my-key");
        Answer served = node.anonymous().get("/my-key");
        assertThat(served.header("Content-Security-Policy"))
                .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
                .contains("frame-ancestors 'none'", "require-trusted-types-for 'script'");
        assertThat(node.anonymous().get("/my-key/..%2Fapplication.yml").status())
                .isIn(400, 404);
        for (String accept : new String[] {"*/*", "application/json", "application/json, text/html"}) {
            assertThat(node.anonymous().get("/v1/self", "Accept", accept).status())
                    .as(accept)
                    .isEqualTo(401);
        }
        assertThat(node.anonymous()
                        .send("POST", "/v1/self/renew", "{}", "Accept", "text/html")
                        .status())
                .isEqualTo(406);
    }

    private void enter(Answer key) {
        page.navigate("/my-key");
        page.getByLabel("API key", exactly()).fill(key.text("key"));
        button("Show my key").click();
        assertThat(page.locator(".pill")).isVisible();
    }

    private static Page.GetByLabelOptions exactly() {
        return new Page.GetByLabelOptions().setExact(true);
    }

    private void assertFitsAndIsAccessible(String name) {
        photograph(name);
        assertThat((Integer) page.evaluate("document.documentElement.scrollWidth - innerWidth"))
                .as(name)
                .isLessThanOrEqualTo(0);
        assertThat(new AxeBuilder(page).setLegacyMode(true).analyze().getViolations())
                .as(name)
                .isEmpty();
    }

    private static String tokenMailedTo(String address) {
        var token = new String[1];
        await().atMost(20, SECONDS).until(() -> {
            for (var mail : Arrays.asList(server.getReceivedMessages())) {
                if (mail.getAllRecipients()[0].toString().equals(address)) {
                    var text = (String)
                            ((MimeMultipart) mail.getContent()).getBodyPart(0).getContent();
                    var found = LINK.matcher(text);
                    token[0] = found.find() ? found.group(1) : null;
                }
            }
            return token[0] != null;
        });
        return token[0];
    }
}
