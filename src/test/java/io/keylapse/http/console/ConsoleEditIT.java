package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Request;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Editing keys and webhooks in the console. */
@NullUnmarked
class ConsoleEditIT extends ConsoleTests {
    @BeforeAll
    static void start() {
        start(Stores.shared());
    }

    private static Answer detailedKey() {
        return admin.issue("""
                {"owner":"%s","name":"nightly export","ttl":"P30D","scopes":["read","write"],"metadata":{"team":"data"},
                 "contact":{"email":"ops@example.com","language":"de"},"leadTimes":["P7D","P1DT12H"]}""".formatted(owner()));
    }

    private void openEditor(Answer key) {
        signIn("key?id=" + key.text("id"));
        button("Edit").click();
        assertThat(dialog()).isVisible();
    }

    /** Saves the form and returns the body of the request. */
    private JsonNode save() {
        Request request = page.waitForRequest(
                each -> each.method().equals("PATCH"), () -> button("Save").click());
        try {
            return new ObjectMapper().readTree(request.postData());
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode json(String text) throws JsonProcessingException {
        return new ObjectMapper().readTree(text);
    }

    private Locator error(String field) {
        return dialog().locator("[data-field='" + field + "'] .error");
    }

    @Test
    void edits_a_key_sends_only_what_was_changed_and_finds_it_in_the_history() throws Exception {
        Answer key = detailedKey();
        openEditor(key);
        assertThat(dialog().getByLabel("Name")).hasValue("nightly export");
        assertThat(dialog().getByLabel("Scopes")).hasValue("read write");
        assertThat(dialog().getByLabel("Owner's e-mail")).hasValue("ops@example.com");
        assertThat(dialog().getByLabel("Language")).hasValue("de");
        assertThat(dialog().getByLabel("How long before it expires")).hasValue("7 days, 1 day 12 hours");
        photograph("edit-a-key");

        dialog().getByLabel("Name").fill("weekly export");
        dialog().getByLabel("Scopes").fill("read");
        assertThat(save()).isEqualTo(json("{\"name\":\"weekly export\",\"scopes\":[\"read\"]}"));

        assertThat(page.locator("dl")).containsText("weekly export");
        assertThat(page.locator(".timeline")).containsText("Edited: name, scopes");
        assertThat(button("Edit")).isFocused();

        button("Edit").click();
        dialog().getByLabel("Language").fill("fr");
        assertThat(save()).isEqualTo(json("{\"contact\":{\"email\":\"ops@example.com\",\"language\":\"fr\"}}"));
        assertThat(page.locator("dl")).containsText("ops@example.com in French");

        button("Edit").click();
        dialog().getByLabel("Owner's e-mail").fill("");
        dialog().getByLabel("Language").fill("");
        dialog().getByLabel("Warnings").selectOption("default");
        dialog().getByLabel("Metadata").fill("");
        assertThat(save()).isEqualTo(json("{\"contact\":null,\"leadTimes\":null,\"metadata\":{}}"));
        assertThat(page.locator("dl")).containsText("at the default lead times");

        button("Edit").click();
        dialog().getByLabel("Warnings").selectOption("custom");
        dialog().getByLabel("How long before it expires").fill("2d, 36 hours");
        assertThat(save()).isEqualTo(json("{\"leadTimes\":[\"P2D\",\"PT36H\"]}"));
        assertThat(page.locator("dl")).containsText("2 days, 1 day 12 hours before it expires");

        button("Edit").click();
        button("Save").click();
        assertThat(page.getByRole(AriaRole.STATUS)
                        .filter(new Locator.FilterOptions().setHasText("Nothing was changed.")))
                .isVisible();
        assertThat(admin.get("/v1/audit?action=key.change&target=" + key.text("id"))
                        .json()
                        .get("items"))
                .hasSize(4);
    }

    @Test
    void errors_stand_at_their_fields() {
        Answer key = detailedKey();
        openEditor(key);
        dialog().getByLabel("Metadata").fill("{\"team\":");
        button("Save").click();
        assertThat(error("metadata")).hasText("is not valid JSON");
        dialog().getByLabel("Metadata").fill("{\"share\":0.12345678901234567890}");
        button("Save").click();
        assertThat(error("metadata")).containsText("put it in quotes");
        dialog().getByLabel("Metadata").fill("{\"share\":0.125}");
        dialog().getByLabel("How long before it expires").fill("a week");
        button("Save").click();
        assertThat(error("leadTimes")).containsText("such as “7 days”");
        dialog().getByLabel("How long before it expires").fill("400 days");
        dialog().getByLabel("Owner's e-mail").fill("nobody");
        dialog().getByLabel("Language").fill("d");
        dialog().getByLabel("Scopes").fill("a\"b");
        button("Save").click();
        assertThat(error("scopes")).not().isEmpty();
        assertThat(error("contact")).not().isEmpty();
        assertThat(error("contact.language")).containsText("must be a language tag");
        assertThat(error("leadTimes")).containsText("366 days");
        assertThat(dialog().getByLabel("Scopes")).isFocused();
        assertThat(admin.get("/v1/keys/" + key.text("id")).text("version")).isEqualTo(key.text("version"));
    }

    @Test
    void numbers_in_metadata_that_a_browser_would_round_stay_as_they_are() {
        Answer key = admin.issue(
                "{\"owner\":\"%s\",\"ttl\":\"PT1H\",\"metadata\":{\"n\":12345678901234567890}}".formatted(owner()));
        openEditor(key);
        dialog().getByLabel("Name").fill("renamed");
        assertThat(save().has("metadata")).isFalse();
        assertThat(page.locator("dl")).containsText("renamed");
        assertThat(admin.get("/v1/keys/" + key.text("id")).body()).contains("12345678901234567890");
    }

    @Test
    void ended_key_can_be_edited_and_an_auditor_is_not_offered_it() {
        Answer key = admin.issue(owner(), Duration.ofHours(1));
        admin.delete("/v1/keys/" + key.text("id"));
        openEditor(key);
        dialog().getByLabel("Name").fill("leaked in May");
        save();
        assertThat(page.locator("dl")).containsText("leaked in May");
        assertThat(page.locator("h1 .pill")).hasText("revoked");

        open(1280, 900, ColorScheme.LIGHT);
        signIn("key?id=" + key.text("id"), managementKey("auditor"));
        assertThat(page.locator("dl")).containsText("leaked in May");
        assertThat(button("Edit")).hasCount(0);
    }

    @Test
    void session_that_ends_while_a_key_is_edited_loses_nothing_that_was_typed() {
        Answer key = detailedKey();
        String managementKey = managementKey("issuer");
        signIn("key?id=" + key.text("id"), managementKey);
        button("Edit").click();
        dialog().getByLabel("Name").fill("typed before");
        String id = node.as(managementKey).get("/v1/me").text("id");
        assertThat(admin.delete("/v1/management-keys/" + id).status()).isEqualTo(204);
        button("Save").click();
        assertThat(page.getByRole(AriaRole.ALERT)).containsText("no longer accepted");
        page.getByLabel("Management key").fill(Node.ADMIN_KEY);
        button("Sign in").click();

        assertThat(dialog().getByLabel("Name")).hasValue("typed before");
        button("Save").click();
        assertThat(dialog()).hasCount(0);
        assertThat(page.locator("dl")).containsText("typed before");
    }

    @Test
    void edits_a_webhook_and_sends_only_what_was_changed() throws Exception {
        String owner = "Acme, Inc. " + owner();
        String path = "/" + UUID.randomUUID();
        admin.post("/v1/webhooks", "{\"url\":\"%s\",\"owners\":[\"%s\"]}".formatted(receiver.url(path), owner));
        signIn("webhooks");
        Locator row = rows().filter(new Locator.FilterOptions().setHasText(owner));
        row.getByText("Edit").click();
        assertThat(dialog().getByLabel("URL")).hasValue(receiver.url(path));
        assertThat(dialog().getByLabel("Owners")).hasValue(owner);
        assertThat(dialog().getByLabel("is revoked")).isChecked();
        photograph("edit-a-webhook");
        dialog().getByLabel("URL").fill("http://10.0.0.1/");
        button("Save").click();
        assertThat(error("url")).not().isEmpty();
        dialog().getByLabel("URL").fill(receiver.url("/moved"));
        dialog().getByLabel("Description").fill("ticket system");
        dialog().getByLabel("is revoked").uncheck();
        dialog().getByLabel("is renewed").uncheck();
        JsonNode sent = save();

        assertThat(sent.fieldNames()).toIterable().containsExactlyInAnyOrder("url", "description", "events");
        assertThat(sent.get("events")).hasSize(4);
        assertThat(row).containsText("ticket system");
        assertThat(row).containsText("expiring, expired, rotated, refused; owners: " + owner);
        assertThat(row.getByText("Edit")).isFocused();

        row.getByText("Edit").click();
        dialog().getByLabel("Owners").fill(owner + "\n\n another, too \n");
        dialog().getByLabel("Enabled: requests are sent").uncheck();
        assertThat(save()).isEqualTo(json("{\"owners\":[\"" + owner + "\",\"another, too\"],\"enabled\":false}"));
        assertThat(row.locator(".pill")).hasText("Disabled");
        row.getByText("Enable", new Locator.GetByTextOptions().setExact(true)).click();
        assertThat(row.locator(".pill")).not().hasText("Disabled");

        row.getByText("Edit").click();
        for (Locator box : dialog().locator("[name=events]").all()) {
            box.uncheck();
        }
        button("Save").click();
        assertThat(error("events")).hasText("Choose at least one event.");
    }

    @ParameterizedTest
    @CsvSource({"1280, LIGHT", "900, DARK", "360, DARK"})
    void forms_are_accessible_and_fit_the_screen(int width, ColorScheme colors) {
        String owner = owner();
        webhook(owner);
        open(width, 900, colors);
        openEditor(detailedKey());
        assertAccessible(width);
        page.keyboard().press("Escape");
        page.navigate("/console#/webhooks");
        rows().filter(new Locator.FilterOptions().setHasText(owner))
                .getByText("Edit")
                .click();
        assertAccessible(width);
    }

    private void assertAccessible(int width) {
        assertThat(dialog()).isVisible();
        assertThat(new AxeBuilder(page).setLegacyMode(true).analyze().getViolations())
                .isEmpty();
        assertThat((Integer) page.evaluate("document.querySelector('dialog').scrollWidth"))
                .isLessThanOrEqualTo(width);
        assertThat((Integer) page.evaluate("document.documentElement.scrollWidth"))
                .isLessThanOrEqualTo(width);
    }
}
