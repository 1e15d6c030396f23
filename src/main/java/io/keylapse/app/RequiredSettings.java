package io.keylapse.app;

import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What must be said before a start: a mistyped variable must never start an empty store. */
final class RequiredSettings {
    private static final Map<String, String> REQUIRED = new LinkedHashMap<>();

    static {
        REQUIRED.put("keylapse.postgres.url", "KEYLAPSE_POSTGRES_URL");
        REQUIRED.put("keylapse.redis.uri", "KEYLAPSE_REDIS_URI");
        REQUIRED.put("keylapse.admin-key", "KEYLAPSE_ADMIN_KEY");
    }

    private RequiredSettings() {}

    static void check(Environment environment) {
        List<String> missing = REQUIRED.entrySet().stream()
                .filter(setting -> environment
                        .getProperty(setting.getKey(), String.class)
                        .filter(value -> !value.isBlank())
                        .isEmpty())
                .map(Map.Entry::getValue)
                .toList();
        if (!missing.isEmpty()) {
            throw new ConfigurationException(String.join(", ", missing) + (missing.size() == 1 ? " is" : " are")
                    + " not set; set " + (missing.size() == 1 ? "it" : "them")
                    + ", or try \"keylapse dev\", which brings its own stores");
        }
        String url = environment.getRequiredProperty("keylapse.postgres.url", String.class);
        if (!url.startsWith("jdbc:postgresql:")) {
            throw new ConfigurationException(
                    "KEYLAPSE_POSTGRES_URL must be a JDBC URL such as jdbc:postgresql://host:5432/keylapse");
        }
    }
}
