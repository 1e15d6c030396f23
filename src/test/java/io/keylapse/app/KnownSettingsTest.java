package io.keylapse.app;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.keylapse.app.settings.KnownSettings;
import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.naming.NameUtils;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class KnownSettingsTest {
    @Test
    void every_setting_of_the_program_is_known_by_name_and_type() {
        Map<String, Class<?>> settings = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.keylapse").stream()
                        .filter(type -> type.isAnnotatedWith(ConfigurationProperties.class))
                        .map(JavaClass::reflect)
                        .flatMap(KnownSettingsTest::settingsOf)
                        .collect(toMap(Map.Entry::getKey, Map.Entry::getValue));
        assertThat(KnownSettings.TYPES).containsExactlyInAnyOrderEntriesOf(settings);
    }

    private static Stream<Map.Entry<String, Class<?>>> settingsOf(Class<?> settings) {
        String prefix = settings.getAnnotation(ConfigurationProperties.class).value();
        return Stream.of(settings.getRecordComponents())
                .map(component ->
                        Map.entry(prefix + "." + NameUtils.hyphenate(component.getName()), component.getType()));
    }

    @Test
    void a_setting_is_named_as_micronaut_names_its_variable() {
        assertThat(KnownSettings.variable("keylapse.keys.max-lifetime")).isEqualTo("KEYLAPSE_KEYS_MAX_LIFETIME");
    }
}
