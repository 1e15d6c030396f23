package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Locator;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The console of an installation that has no keys. The last test issues the first one. */
@NullUnmarked
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleFirstKeyIT extends ConsoleTests {
    @BeforeAll
    static void start() {
        start(Stores.own());
    }

    @Order(1)
    @ParameterizedTest
    @ValueSource(strings = {"overview", "keys", "keys?owner=acme"})
    void an_admin_sees_how_to_issue_the_first_key(String view) {
        signIn(view);
        assertThat(heading("Issue your first key")).isVisible();
        assertThat(button("Issue the first key")).isVisible();
        assertThat(page.locator("main")).not().containsText("match these filters");
        assertThat(new AxeBuilder(page).analyze().getViolations()).isEmpty();
        photograph("first-" + view.replaceAll("\\W", "-"));
    }

    @Order(1)
    @Test
    void without_the_permission_to_issue_the_page_names_the_roles_that_may() {
        signIn("keys", managementKey("auditor"));
        assertThat(page.locator("main")).containsText("No keys yet. To issue one, sign in with a management key");
        assertThat(button("Issue the first key")).hasCount(0);
    }

    @Order(2)
    @Test
    void the_first_key_is_issued_by_the_curl_line_and_the_advice_is_gone() throws IOException, InterruptedException {
        signIn("keys");
        Locator line = page.locator("main pre");
        assertThat(line).isVisible();
        var curl = new ProcessBuilder("bash", "-c", line.textContent()).redirectErrorStream(true);
        curl.environment().put("MANAGEMENT_KEY", Node.ADMIN_KEY);
        Process pasted = curl.start();
        String answer = new String(pasted.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(pasted.waitFor()).as(answer).isZero();

        page.reload();

        assertThat(rows()).hasCount(1);
        assertThat(rows().first()).containsText("acme");
        link("Overview").click();
        assertThat(page.getByText("active keys")).isVisible();
        assertThat(heading("Issue your first key")).hasCount(0);
        link("Keys").click();
        page.getByLabel("Owner").fill("nobody");
        button("Search").click();
        assertThat(page.locator("main")).containsText("No keys match these filters.");
    }
}
