package io.keylapse.app.settings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import io.micronaut.context.env.PropertySource.PropertyConvention;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.convert.ConversionService;
import io.micronaut.core.type.Argument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The values of settings from every source. */
class SettingsTest {
    private static final String AROUND = "\uFEFF \t\u00A0\u2003\u3000\u0085\r\n";

    @TempDir
    Path folder;

    private static Environment environment(Map<String, Object> variables, Map<String, Object> properties) {
        return environment(false, variables, properties);
    }

    /** @param withFiles whether {@code application.yml} and other files are read too, which takes longer */
    private static Environment environment(
            boolean withFiles, Map<String, Object> variables, Map<String, Object> properties) {
        var builder = new SettingsContextBuilder();
        builder.deduceEnvironment(false)
                .enableDefaultPropertySources(withFiles)
                .environmentPropertySource(false)
                .propertySources(
                        PropertySource.of(
                                "variables",
                                variables,
                                PropertyConvention.ENVIRONMENT_VARIABLE,
                                PropertySource.Origin.of("test")),
                        PropertySource.of("properties", properties));
        return builder.build().getEnvironment().start();
    }

    private static Environment variables(Map<String, Object> variables) {
        return environment(variables, Map.of());
    }

    private static Environment properties(Map<String, Object> properties) {
        return environment(Map.of(), properties);
    }

    private static String goodValue(Class<?> type) {
        return type == boolean.class
                ? "false"
                : type == int.class || type == Integer.class
                        ? "17"
                        : type == Duration.class
                                ? "PT3S"
                                : type.isEnum()
                                        ? type.getEnumConstants()[0].toString().toLowerCase(Locale.ROOT)
                                        : "some, thing";
    }

    static Stream<Arguments> everyKnownSetting() {
        return KnownSettings.TYPES.entrySet().stream().map(each -> Arguments.of(each.getKey(), each.getValue()));
    }

    static Stream<Arguments> everySetting() {
        return Stream.concat(
                everyKnownSetting(),
                Stream.of(
                        Arguments.of("micronaut.server.port", int.class),
                        Arguments.of("endpoints.all.port", int.class),
                        Arguments.of("keylapse.admin-key-file", String.class)));
    }

    private static Map<String, Object> everySettingAs(UnaryOperator<String> name, UnaryOperator<String> value) {
        return everySetting()
                .collect(toMap(
                        each -> name.apply((String) each.get()[0]),
                        each -> value.apply(AROUND + goodValue((Class<?>) each.get()[1]) + AROUND)));
    }

    private static void assertReadAsWithoutWhiteSpace(Environment environment) {
        assertThat(everySetting()).allSatisfy(each -> {
            var setting = (String) each.get()[0];
            var type = (Class<?>) each.get()[1];
            if (type == List.class) {
                assertThat(environment.getProperty(setting, Argument.listOf(String.class)))
                        .contains(List.of("some", "thing"));
            } else {
                Optional<?> expected = ConversionService.SHARED.convert(goodValue(type), type);
                assertThat(expected).as(setting).isPresent();
                assertThat(environment.getProperty(setting, type)).as(setting).isEqualTo(expected);
            }
        });
    }

    @Test
    void every_variable_is_read_without_the_white_space_around_its_value() {
        assertReadAsWithoutWhiteSpace(variables(everySettingAs(KnownSettings::variable, UnaryOperator.identity())));
    }

    @Test
    void every_property_is_read_without_the_white_space_around_its_value() {
        assertReadAsWithoutWhiteSpace(properties(everySettingAs(UnaryOperator.identity(), UnaryOperator.identity())));
    }

    @Test
    void every_setting_in_a_file_is_read_without_the_white_space_around_its_value() throws Exception {
        Path file = Files.writeString(
                folder.resolve("more.properties"),
                everySettingAs(UnaryOperator.identity(), SettingsTest::escaped).entrySet().stream()
                        .map(each -> each.getKey() + "=" + each.getValue())
                        .collect(joining("\n")));
        System.setProperty(Environment.PROPERTY_SOURCES_KEY, file.toString());
        try {
            assertReadAsWithoutWhiteSpace(environment(true, Map.of(), Map.of()));
        } finally {
            System.clearProperty(Environment.PROPERTY_SOURCES_KEY);
        }
    }

    private static String escaped(String value) {
        var escaped = new StringBuilder();
        value.chars().forEach(c -> escaped.append("\\u%04x".formatted(c)));
        return escaped.toString();
    }

    @Test
    void a_blank_setting_is_as_if_it_were_not_set() {
        Environment environment = variables(everySetting()
                .collect(toMap(each -> KnownSettings.variable((String) each.get()[0]), _ -> AROUND)));
        assertThat(everySetting().map(each -> (String) each.get()[0])).allSatisfy(setting -> {
            assertThat(environment.containsProperty(setting)).as(setting).isFalse();
            assertThat(KnownSettings.texts(environment, setting)).as(setting).isEmpty();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.0/8,192.168.0.0/16",
                " 10.0.0.0/8 , 192.168.0.0/16\n",
                ",10.0.0.0/8,, ,192.168.0.0/16,",
                "10.0.0.0/8\n192.168.0.0/16\n",
                "10.0.0.0/8,\r\n\t192.168.0.0/16\r\n",
                "\uFEFF10.0.0.0/8,\u00A0192.168.0.0/16\u00A0"
            })
    void items_of_a_list_are_trimmed_and_blank_ones_dropped(String list) {
        var expected = List.of("10.0.0.0/8", "192.168.0.0/16");
        assertThat(KnownSettings.texts(variables(Map.of("KEYLAPSE_TRUSTED_PROXIES", list)), "keylapse.trusted-proxies"))
                .isEqualTo(expected);
        assertThat(KnownSettings.texts(properties(Map.of("keylapse.trustedProxies", list)), "keylapse.trusted-proxies"))
                .isEqualTo(expected);
    }

    @Test
    void items_with_variables_or_lines_of_their_own_are_trimmed_too() {
        assertThat(KnownSettings.texts(
                        variables(Map.of(
                                "KEYLAPSE_TRUSTED_PROXIES_0", " 10.0.0.0/8\n",
                                "KEYLAPSE_TRUSTED_PROXIES_1", " ",
                                "KEYLAPSE_TRUSTED_PROXIES_10", "\t192.168.0.0/16 ",
                                "KEYLAPSE_TRUSTED_PROXIES_9", "172.16.0.0/12")),
                        "keylapse.trusted-proxies"))
                .containsExactly("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16");
        assertThat(KnownSettings.texts(
                        properties(Map.of("keylapse.trusted-proxies[0]", " 10.0.0.0/8\n")), "keylapse.trusted-proxies"))
                .containsExactly("10.0.0.0/8");
        assertThat(KnownSettings.texts(
                        properties(Map.of("keylapse.webhooks.ports", List.of(443, " 8443\n", " "))),
                        "keylapse.webhooks.ports"))
                .containsExactly("443", "8443");
    }

    private static Stream<String> wrong(Class<?> type) {
        Stream<String> ofType = type == boolean.class
                ? Stream.of("maybe", "1", "tru e")
                : type == int.class || type == Integer.class
                        ? Stream.of("abc", "1.5", "0x10", "1e3", "2147483648", "1 000")
                        : type == Duration.class
                                ? Stream.of(
                                        "banana", "5", "-PT1S", "P1Y", "PT0.0000001S", "P36526D", "P106751991167300D")
                                : type.isEnum()
                                        ? Stream.of("nonsense", "1")
                                        // A line break separates items of a list.
                                        : type == List.class ? Stream.of() : Stream.of("some\nthing");
        return Stream.concat(
                ofType, Stream.of("some\tthing", "some\u0000thing", "${keylapse.something}", "something${"));
    }

    @ParameterizedTest
    @MethodSource("everyKnownSetting")
    void a_value_that_makes_no_sense_is_refused_in_one_line_that_names_the_variable(String setting, Class<?> type) {
        String variable = KnownSettings.variable(setting);
        assertThat(wrong(type)).allSatisfy(value -> assertRefused(setting, variable, value));
    }

    private static void assertRefused(String setting, String variable, String value) {
        assertThatThrownBy(() -> KnownSettings.check(variables(Map.of(variable, value))))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(refusal ->
                        assertThat(String.valueOf(refusal.getMessage()).lines()).hasSize(1))
                .hasMessageContaining(variable)
                .message()
                .satisfies(message -> {
                    if (KnownSettings.SECRETS.contains(setting)) {
                        assertThat(message).doesNotContain("some", "thing");
                    }
                });
    }

    private Environment withSecretIn(String setting, Path file) {
        Environment environment = variables(Map.of(KnownSettings.variable(setting) + "_FILE", AROUND + file + AROUND));
        SecretFiles.read(environment, Set.of());
        return environment;
    }

    static Stream<String> everySecret() {
        return KnownSettings.SECRETS.stream();
    }

    @ParameterizedTest
    @MethodSource("everySecret")
    void every_secret_can_come_from_a_file_and_is_trimmed_but_otherwise_unchanged(String setting) throws Exception {
        String secret = "pass ${word} $${ ü`:x` {} \\ 'end\"";
        Path file = Files.writeString(folder.resolve("secret"), AROUND + secret + AROUND);
        assertThat(KnownSettings.texts(withSecretIn(setting, file), setting)).containsExactly(secret);
    }

    @Test
    void a_list_in_a_file_has_its_items_in_lines_or_between_commas() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), "one\r\ntwo , three\n\n");
        assertThat(KnownSettings.texts(withSecretIn("keylapse.former-admin-keys", file), "keylapse.former-admin-keys"))
                .containsExactly("one", "two", "three");
    }

    @Test
    void a_secret_in_a_file_reaches_the_setting_that_stands_for_it_elsewhere() throws Exception {
        Path file = Files.writeString(folder.resolve("password"), "pa${ss}\n");
        Environment environment =
                environment(true, Map.of("KEYLAPSE_POSTGRES_PASSWORD_FILE", file.toString()), Map.of());
        SecretFiles.read(environment, Set.of());
        assertThat(environment.getProperty("datasources.default.password", String.class))
                .contains("pa${ss}");
    }

    @Test
    void a_secret_and_its_file_are_refused_naming_both() throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), "from-the-file");
        Environment both = environment(
                Map.of("KEYLAPSE_ADMIN_KEY_FILE", file.toString()), Map.of("keylapse.admin-key", "from-elsewhere"));
        assertThatThrownBy(() -> SecretFiles.read(both, Set.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("KEYLAPSE_ADMIN_KEY and KEYLAPSE_ADMIN_KEY_FILE are both set; unset one of them");
    }

    @Test
    void a_blank_secret_beside_its_file_is_not_set() throws Exception {
        Path file = Files.writeString(folder.resolve("secret"), "from-the-file");
        Environment environment =
                variables(Map.of("KEYLAPSE_ADMIN_KEY_FILE", file.toString(), "KEYLAPSE_ADMIN_KEY", " "));
        SecretFiles.read(environment, Set.of());
        assertThat(KnownSettings.text(environment, "keylapse.admin-key")).contains("from-the-file");
    }

    @Test
    void a_file_of_a_secret_that_the_program_sets_itself_is_not_read() {
        Environment environment = variables(Map.of("KEYLAPSE_POSTGRES_PASSWORD_FILE", "/none"));
        SecretFiles.read(environment, Set.of("keylapse.postgres.password"));
        assertThat(environment.getProperty("keylapse.postgres.password", String.class))
                .isEmpty();
    }

    @Test
    void an_unusable_file_is_refused_with_variable_and_path_but_without_its_content() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor())
                .isZero();
        Path sealed = Files.writeString(folder.resolve("sealed"), "the-content");
        Files.setPosixFilePermissions(sealed, Set.of());
        Path chain = folder.resolve("chain");
        Files.createSymbolicLink(chain, chain);

        assertRefused(folder.resolve("absent"), "does not exist");
        assertRefused(folder, "is not a regular file");
        assertRefused(fifo, "is not a regular file");
        assertRefused(Path.of("/dev/zero"), "is not a regular file");
        assertRefused(chain, "");
        assertRefused(file("empty", new byte[0]), "is empty");
        assertRefused(file("blank", "\uFEFF \r\n".getBytes(UTF_8)), "is empty");
        assertRefused(file("large", "the-content".repeat(6_000).getBytes(UTF_8)), "is larger than 64 KiB");
        assertRefused(file("latin", new byte[] {'t', 'h', 'e', (byte) 0xFC}), "is not UTF-8");
        assertRefused(file("lines", "the-content\nthe-content\n".getBytes(UTF_8)), "line breaks");
        assertRefused(file("nul", "the-content\u0000the-content".getBytes(UTF_8)), "control characters");
        if (!Files.isReadable(sealed)) {
            assertRefused(sealed, "may not be read by user");
        }
    }

    private Path file(String name, byte[] content) throws Exception {
        return Files.write(folder.resolve(name), content);
    }

    private void assertRefused(Path file, String why) {
        assertThatThrownBy(() -> withSecretIn("keylapse.admin-key", file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("KEYLAPSE_ADMIN_KEY_FILE names " + file + ", which ")
                .hasMessageContaining(why)
                .satisfies(refusal -> {
                    assertThat(String.valueOf(refusal.getMessage()).lines()).hasSize(1);
                    assertThat(refusal.getMessage()).doesNotContain("the-content");
                    assertThat(Optional.ofNullable(refusal.getCause())).isEmpty();
                });
    }
}
