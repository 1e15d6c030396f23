package io.keylapse.app.settings;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/configuration.md, whose tables are written from the settings classes. */
class ConfigurationPageTest {
    private static final Path PAGE = Path.of("docs/configuration.md");
    private static final String COMMAND = "mvn test -Dtest=ConfigurationPageTest -Dkeylapse.docs.write=true";
    private static final String BEGIN = "<!-- settings: written by " + COMMAND + " -->\n";
    private static final String END = "<!-- end of settings -->\n";

    /** Headings, in the order of the page, and the settings under each. */
    private static final Map<String, Pattern> SECTIONS = sections(
            "Stores", "(postgres|migration|redis)\\..*",
            "Access to the management API", "(former-)?admin-keys?|.*bad-credentials.*|trusted-proxies",
            "Keys", "(keys|self-renewal)\\..*|self-rotation.*",
            "Gateways and checks", "(gateway|check)\\..*",
            "Notices, webhooks and mail",
                    "(notices|webhooks|mail)\\..*|(former-)?encryption-keys?|service-name|support-contact",
            "Recording and the change feed", "(expiry|sync)\\..*",
            "The service", ".*");

    private static final Pattern CODE = Pattern.compile("\\{@code ((?:[^{}]|\\{[^{}]*})*)}");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(keylapse\\.[a-z.-]+):([^}]+)}");

    private static Map<String, Pattern> sections(String... titlesAndNames) {
        var sections = new LinkedHashMap<String, Pattern>();
        for (int i = 0; i < titlesAndNames.length; i += 2) {
            sections.put(titlesAndNames[i], Pattern.compile("keylapse\\.(" + titlesAndNames[i + 1] + ")"));
        }
        return sections;
    }

    @Test
    void the_page_lists_every_setting_as_its_class_describes_it() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        String current = page.substring(0, begin) + tables() + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("keylapse.docs.write")) {
            Files.writeString(PAGE, current);
        } else {
            assertThat(page)
                    .as("the page is out of date; write it with " + COMMAND)
                    .isEqualTo(current);
        }
    }

    @Test
    void every_setting_says_what_it_is_for() {
        assertThat(DescribedSetting.all())
                .isNotEmpty()
                .allSatisfy(setting -> assertThat(setting.description())
                        .as(setting.name())
                        .isNotBlank()
                        .doesNotContain("{@link"));
    }

    @Test
    void a_default_in_application_yml_is_the_one_that_is_described() throws IOException {
        Map<String, String> described = DescribedSetting.all()
                .filter(setting -> setting.defaultValue() != null)
                .collect(toMap(DescribedSetting::name, DescribedSetting::defaultValue));
        assertThat(PLACEHOLDER
                        .matcher(Files.readString(Path.of("src/main/resources/application.yml")))
                        .results())
                .isNotEmpty()
                .allSatisfy(use -> assertThat(described).containsEntry(use.group(1), use.group(2)));
    }

    private static String tables() {
        Map<String, List<DescribedSetting>> bySection = DescribedSetting.all()
                .filter(setting -> !setting.description().startsWith("older name"))
                .sorted(Comparator.comparing(DescribedSetting::name))
                .collect(groupingBy(ConfigurationPageTest::section));
        return SECTIONS.keySet().stream()
                .map(section -> "\n## " + section + "\n\n| variable | meaning | default |\n|---|---|---|\n"
                        + bySection.getOrDefault(section, List.of()).stream()
                                .map(ConfigurationPageTest::row)
                                .collect(joining()))
                .collect(joining("", "", "\n"));
    }

    private static String section(DescribedSetting setting) {
        return SECTIONS.entrySet().stream()
                .filter(section -> section.getValue().matcher(setting.name()).matches())
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private static String row(DescribedSetting setting) {
        String meaning = CODE.matcher(setting.description().replaceAll("\\s+", " "))
                .replaceAll("`$1`")
                .replace("|", "\\|");
        return "| `" + KnownSettings.variable(setting.name()) + "` | " + capitalized(meaning)
                + (KnownSettings.SECRETS.contains(setting.name()) ? " *(secret)*" : "") + " | " + byDefault(setting)
                + " |\n";
    }

    private static String capitalized(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    private static String byDefault(DescribedSetting setting) {
        String value = setting.defaultValue();
        if (value == null) {
            return RequiredSettings.TO_SERVE.contains(setting.name()) ? "**required**" : "";
        }
        return "`" + (setting.type().isEnum() ? value.toLowerCase(Locale.ROOT) : value) + "`";
    }
}
