package io.keylapse.app.settings;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The description of a setting, which is a component of a record with {@code @ConfigurationProperties}.
 *
 * <p>Micronaut's annotation processor writes the names, types, defaults and Javadoc of all settings into a file at build time.
 *
 * @param name such as {@code keylapse.keys.max-lifetime}
 * @param defaultValue null if there is none, or if it depends on other settings
 * @param description the Javadoc of the component
 */
record DescribedSetting(
        String name, Class<?> type, @Nullable String defaultValue, String description) {
    private static final String METADATA = "META-INF/spring-configuration-metadata.json";
    private static final String OURS = "keylapse.";

    /** All settings, in no particular order. */
    static Stream<DescribedSetting> all() {
        try {
            // Several files: unless everything is packed into one jar, libraries have a file of this name too.
            return Collections.list(DescribedSetting.class.getClassLoader().getResources(METADATA)).stream()
                    .flatMap(file -> read(file).stream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses token by token: an {@code ObjectMapper} would add 0.15 s of processor time to every start. */
    private static List<DescribedSetting> read(URL file) {
        var settings = new ArrayList<DescribedSetting>();
        var fields = new HashMap<String, String>();
        try (JsonParser json = new JsonFactory().createParser(file.openStream())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.VALUE_STRING) {
                    fields.put(json.currentName(), json.getText());
                } else if (token == JsonToken.END_OBJECT) {
                    if (isSetting(fields)) {
                        settings.add(of(fields));
                    }
                    fields.clear();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return settings;
    }

    /** Whether this describes a setting. Groups of settings are described too, but have no source type. */
    private static boolean isSetting(Map<String, String> fields) {
        return fields.containsKey("sourceType")
                && fields.getOrDefault("name", "").startsWith(OURS);
    }

    private static DescribedSetting of(Map<String, String> fields) {
        return new DescribedSetting(
                fields.getOrDefault("name", ""),
                type(fields.getOrDefault("type", "")),
                fields.get("defaultValue"),
                fields.getOrDefault("description", ""));
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
