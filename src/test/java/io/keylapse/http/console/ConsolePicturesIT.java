package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Stores;
import io.keylapse.registry.outbox.NoticeKind;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Takes the README's pictures, of a company that has used Keylapse for a while. The README has copies of the files that
 * this writes to {@code target/screenshots}.
 */
@NullUnmarked
class ConsolePicturesIT extends ConsoleTests {
    @BeforeAll
    static void start() {
        start(Stores.own());
        sql(
                "INSERT INTO blacklist (key_id, version, owner, name, hint, reason, ended_at, recorded_at, source)"
                        + " SELECT gen_random_uuid(), 1, (array['acme','globex','initech','umbrella'])[1 + i % 4], 'service ' || i % 7,"
                        + " 'kl_' || substr(md5(i::text), 1, 4) || '...' || substr(md5(i::text), 5, 4),"
                        + " (array['expired','expired','expired','revoked','rotated','expired'])[1 + i % 6], at,"
                        + " at + (5 + i % 9) * interval '1 ms', 'notification' FROM (SELECT i, now() - interval '1 minute'"
                        + " - (i * (70 + 40 * sin(i / 30.0))) * interval '1 minute' AS at FROM generate_series(1, 600) i) past");
        for (String owner : List.of("acme", "globex", "initech", "umbrella")) {
            for (int days : new int[] {1, 2, 5, 6, 20, 25, 60, 90, 180, 360}) {
                admin.issue(owner, Duration.ofDays(days).minusHours(3));
            }
            webhook(owner);
        }
    }

    /** In {@code target/screenshots/mail-*}, to be looked at. */
    @Test
    void mail_fits_a_phone_and_is_accessible_in_light_and_dark() {
        for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            for (String language : List.of("en", "de", "fr", "es")) {
                open(360, 640, colors);
                for (NoticeKind each : NoticeKind.values()) {
                    String kind = each.word();
                    String html = admin.get("/v1/mail-templates/" + each.type() + "?language=" + language)
                            .text("html");
                    page.setContent(html);
                    assertThat(page.locator("h1")).isVisible();
                    org.assertj.core.api.Assertions.assertThat(
                                    (Integer) page.evaluate("document.documentElement.scrollWidth"))
                            .as(kind + " in " + language)
                            .isLessThanOrEqualTo(360);
                    photograph("mail-" + kind + "-" + language + "-"
                            + colors.name().toLowerCase(Locale.ROOT));
                    if (language.equals("en")) {
                        org.assertj.core.api.Assertions.assertThat(new AxeBuilder(page)
                                        .setLegacyMode(true)
                                        .disableRules(List.of("landmark-one-main", "region"))
                                        .analyze()
                                        .getViolations())
                                .as(kind + " in " + colors)
                                .isEmpty();
                    }
                }
            }
        }
    }

    @Test
    void overview_blacklist_and_a_key_as_the_readme_shows_them() {
        signIn("overview");
        assertThat(page.locator(".chart svg")).hasCount(2);
        awaitLiveFeed();
        Answer key = admin.issue(
                "{\"owner\":\"acme\",\"name\":\"billing, production\",\"ttl\":\"PT1S\",\"scopes\":[\"invoices:read\"],"
                        + "\"metadata\":{\"team\":\"payments\"}}");
        assertThat(page.locator(".feed li").filter(new Locator.FilterOptions().setHasText("acme")))
                .isVisible();
        photograph("overview");
        expiredKey("acme", true);
        page.navigate("/console#/blacklist?owner=acme");
        assertThat(rows().first()).containsText("delivered");
        photograph("blacklist");
        admin.post("/v1/keys/" + key.text("id") + "/renew", "{\"ttl\":\"P30D\"}");
        await().atMost(20, SECONDS)
                .until(() -> admin.get("/v1/notices?keyId=" + key.text("id"))
                        .json()
                        .at("/items/0/deliveries/0/state")
                        .asText()
                        .equals("delivered"));
        page.navigate("/console#/key?id=" + key.text("id"));
        assertThat(page.locator(".timeline")).containsText("Notice “renewed” was delivered");
        photograph("key");
        open(1280, 900, ColorScheme.DARK);
        signIn("overview");
        assertThat(page.locator(".chart svg")).hasCount(2);
        photograph("overview-dark");
    }
}
