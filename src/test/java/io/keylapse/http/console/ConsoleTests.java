package io.keylapse.http.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Page.ScreenshotOptions;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import io.keylapse.harness.CloseAfterTests;
import io.keylapse.harness.Node;
import io.keylapse.harness.Stores;
import io.keylapse.notice.WebhookReceiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Base of the console's tests: a node, a webhook receiver, and Chromium. A message in the browser's console is a
 * failure, and so is a request to another host. If {@code REQUIRE_ALL_TESTS} is set, a missing Chromium is a failure.
 */
@NullUnmarked
abstract class ConsoleTests {
    static final AriaRole BUTTON = AriaRole.BUTTON;
    static final AriaRole LINK = AriaRole.LINK;
    static final AriaRole HEADING = AriaRole.HEADING;
    private static final double PATIENCE_MILLIS = 30_000;

    static Stores stores;
    static WebhookReceiver receiver;
    static Node node;
    static Client admin;
    private static Browser browser;

    BrowserContext context;
    Page page;
    final List<String> complaints = new ArrayList<>();

    /** Each class calls this with its stores. A static method that hides this one would run in addition to it. */
    static void start(Stores where) {
        start(where, Map.of());
    }

    /** The same with further settings for the node. */
    static void start(Stores where, Map<String, Object> more) {
        stores = where;
        // In Turkish, Playwright cannot name its own constants.
        Locale usual = Locale.getDefault();
        CloseAfterTests.register(() -> Locale.setDefault(usual));
        Locale.setDefault(Locale.ENGLISH);
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        Path chromium = Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        if (System.getenv("REQUIRE_ALL_TESTS") == null) {
            assumeThat(chromium).as("Chromium").isNotNull();
        }
        assertThat(chromium).as("Chromium").isNotNull();
        receiver = new WebhookReceiver();
        var settings = new HashMap<String, Object>();
        settings.put("keylapse.encryption-key", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=");
        settings.put("keylapse.webhooks.allow-http", true);
        settings.put("keylapse.webhooks.allowed-networks", List.of("127.0.0.0/8"));
        settings.put("keylapse.webhooks.ports", List.of(receiver.port()));
        settings.put("keylapse.usage.interval", "PT0.1S");
        settings.put("keylapse.service-name", "Acme API");
        settings.put("keylapse.support-contact", "support@acme.example");
        settings.put("keylapse.gateway.renew-url", "https://acme.example/renew/{keyId}");
        settings.putAll(more);
        node = Node.start(stores, settings);
        admin = node.admin();
        Playwright playwright = CloseAfterTests.register(Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))));
        browser = CloseAfterTests.register(playwright
                .chromium()
                .launch(new LaunchOptions().setExecutablePath(chromium).setArgs(List.of("--no-sandbox"))));
    }

    @BeforeEach
    void open() {
        open(1280, 900, ColorScheme.LIGHT);
    }

    @AfterEach
    void close() {
        context.close();
        receiver.answer(204, "");
        assertThat(complaints).as("what the browser complained of").isEmpty();
    }

    /** Opens the console in a new browser context of that size. */
    final void open(int width, int height, ColorScheme colors) {
        open(width, height, colors, "en-GB");
    }

    final void open(int width, int height, ColorScheme colors, String locale) {
        if (context != null) {
            context.close();
        }
        context = browser.newContext(new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(colors)
                .setLocale(locale)
                .setTimezoneId("Europe/Vienna")
                .setBaseURL("http://localhost:" + node.port()));
        context.setDefaultTimeout(PATIENCE_MILLIS);
        page = context.newPage();
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            // A refused request is for the test to judge.
            if (message.type().equals("error") && !message.text().startsWith("Failed to load resource")) {
                complaints.add(message.text());
            }
        });
        page.onRequest(request -> {
            if (!request.url().startsWith("http://localhost:" + node.port() + "/")
                    && !request.url().startsWith("blob:")) {
                complaints.add("asked " + request.url());
            }
        });
    }

    final void signIn(String view) {
        signIn(view, Node.ADMIN_KEY);
    }

    final void signIn(String view, String managementKey) {
        page.navigate("/console#/" + view);
        page.getByLabel("Management key").fill(managementKey);
        button("Sign in").click();
        assertThat(button("Sign out")).isVisible();
    }

    /** Waits until the overview receives endings as they are recorded. */
    final void awaitLiveFeed() {
        assertThat(page.getByText("live", new Page.GetByTextOptions().setExact(true)))
                .isVisible();
    }

    final Locator button(String name) {
        return page.getByRole(BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    final Locator link(String name) {
        return page.getByRole(LINK, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    final Locator heading(String name) {
        return page.getByRole(HEADING, new Page.GetByRoleOptions().setName(name));
    }

    final Locator dialog() {
        return page.getByRole(AriaRole.DIALOG);
    }

    final Locator rows() {
        return page.locator("main table:not(.plain) tbody tr");
    }

    /** Stores a screenshot in {@code target/screenshots}; the README has copies. */
    final void photograph(String name) {
        page.screenshot(new ScreenshotOptions().setPath(Path.of("target", "screenshots", name + ".png")));
    }

    static String owner() {
        return Node.owner();
    }

    static String managementKey(String role, String... ttl) {
        Answer made = admin.post(
                "/v1/management-keys",
                ttl.length == 0
                        ? "{\"name\":\"test\",\"role\":\"%s\"}".formatted(role)
                        : "{\"name\":\"test\",\"role\":\"%s\",\"ttl\":\"%s\"}".formatted(role, ttl[0]));
        assertThat(made.status()).as(made.body()).isEqualTo(201);
        return made.text("key");
    }

    static Answer webhook(String owner) {
        return admin.post(
                "/v1/webhooks", "{\"url\":\"%s\",\"owners\":[\"%s\"]}".formatted(receiver.url("/" + owner), owner));
    }

    /** A key of this owner that has expired, and whose notice is delivered if there is a receiver. */
    static Answer expiredKey(String owner, boolean told) {
        Answer key = admin.issue(owner, Duration.ofSeconds(1));
        await().atMost(20, SECONDS).until(() -> {
            var entries =
                    admin.get("/v1/blacklist?keyId=" + key.text("id")).json().get("items");
            return entries.size() == 1
                    && (!told || entries.get(0).path("told").path("delivered").asInt() == 1);
        });
        return key;
    }

    static int sql(String sql, Object... parameters) {
        try (var connection = stores.connect();
                var setting = connection.createStatement();
                var statement = connection.prepareStatement(sql)) {
            // The blacklist is append-only, so triggers are switched off.
            setting.execute("SET session_replication_role = replica");
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
