package io.keylapse.app.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A setting as its class describes it: a component of a record with {@code @ConfigurationProperties}.
 *
 * <p>Micronaut's annotation processor writes names, types, defaults and Javadoc of all these into a file at build time.
 *
 * @param name such as {@code keylapse.keys.max-lifetime}
 * @param defaultValue null if there is none, or if it depends on other settings
 * @param description what the class says of the component, in the form of Javadoc
 */
record DescribedSetting(
        String name, Class<?> type, @Nullable String defaultValue, String description) {
    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final String OURS = "keylapse.";

    /** All settings, in no order. */
    static Stream<DescribedSetting> all() {
        try {
            // Libraries have a file of this name too, while they are not packed into one jar.
            return Collections.list(DescribedSetting.class.getClassLoader().getResources(METADATA)).stream()
                    .flatMap(DescribedSetting::read)
                    .filter(setting -> setting.path("name").asText().startsWith(OURS))
                    .map(DescribedSetting::of);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<JsonNode> read(URL file) {
        try (InputStream content = file.openStream()) {
            return new ObjectMapper().readTree(content).path("properties").valueStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DescribedSetting of(JsonNode setting) {
        return new DescribedSetting(
                setting.path("name").asText(),
                type(setting.path("type").asText()),
                setting.path("defaultValue").asText(null),
                setting.path("description").asText());
    }

    private static Class<?> type(String name) {
        Class<?> primitive = Class.forPrimitiveName(name);
        try {
            return primitive != null ? primitive : Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
