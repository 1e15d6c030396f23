package io.keylapse.app.settings;

import io.keylapse.check.CheckSettings.WhenStale;
import io.keylapse.lifecycle.rules.SelfRenewal;
import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every setting of ours and its type.
 *
 * <p>Micronaut quietly takes the default where a value cannot be converted, and takes any word that is not "true" for
 * false. So values are looked at here, before anything starts.
 */
public final class KnownSettings {
    /** The type of each setting, by its name. */
    public static final Map<String, Class<?>> TYPES = Map.ofEntries(
            Map.entry("keylapse.admin-key", String.class),
            Map.entry("keylapse.api-docs.enabled", boolean.class),
            Map.entry("keylapse.bad-credentials-window", Duration.class),
            Map.entry("keylapse.check.miss-concurrency", int.class),
            Map.entry("keylapse.check.miss-rate", int.class),
            Map.entry("keylapse.check.miss-timeout", Duration.class),
            Map.entry("keylapse.check.near-cache.max-age", Duration.class),
            Map.entry("keylapse.check.near-cache.max-size", int.class),
            Map.entry("keylapse.check.stale-after", Duration.class),
            Map.entry("keylapse.check.when-stale", WhenStale.class),
            Map.entry("keylapse.console.enabled", boolean.class),
            Map.entry("keylapse.data-dir", String.class),
            Map.entry("keylapse.drain-time", Duration.class),
            Map.entry("keylapse.encryption-key", String.class),
            Map.entry("keylapse.event-loops", int.class),
            Map.entry("keylapse.expiry.listener", boolean.class),
            Map.entry("keylapse.expiry.prompter", boolean.class),
            Map.entry("keylapse.expiry.queue-capacity", int.class),
            Map.entry("keylapse.expiry.sweep", boolean.class),
            Map.entry("keylapse.former-encryption-keys", List.class),
            Map.entry("keylapse.gateway.key-header", String.class),
            Map.entry("keylapse.gateway.max-connections", int.class),
            Map.entry("keylapse.gateway.port", int.class),
            Map.entry("keylapse.gateway.query-parameter", String.class),
            Map.entry("keylapse.gateway.renew-url", String.class),
            Map.entry("keylapse.gateway.scopes-header", String.class),
            Map.entry("keylapse.gateway.socket", String.class),
            Map.entry("keylapse.gateway.warn-within", Duration.class),
            Map.entry("keylapse.keys.former-prefixes", List.class),
            Map.entry("keylapse.keys.prefix", String.class),
            Map.entry("keylapse.keys.allow-unlimited", boolean.class),
            Map.entry("keylapse.keys.max-lifetime", Duration.class),
            Map.entry("keylapse.mail.from", String.class),
            Map.entry("keylapse.mail.smtp-uri", String.class),
            Map.entry("keylapse.mail.templates", String.class),
            Map.entry("keylapse.most-bad-credentials", int.class),
            Map.entry("keylapse.notices.enabled", boolean.class),
            Map.entry("keylapse.notices.lead-times", List.class),
            Map.entry("keylapse.observation-port", int.class),
            Map.entry("keylapse.postgres.password", String.class),
            Map.entry("keylapse.postgres.pool-size", int.class),
            Map.entry("keylapse.postgres.url", String.class),
            Map.entry("keylapse.postgres.user", String.class),
            Map.entry("keylapse.redis.key-prefix", String.class),
            Map.entry("keylapse.redis.sentinel-password", String.class),
            Map.entry("keylapse.redis.uri", String.class),
            Map.entry("keylapse.redis.write-through", boolean.class),
            Map.entry("keylapse.self-renewal.grace", Duration.class),
            Map.entry("keylapse.self-renewal.policy", SelfRenewal.Policy.class),
            Map.entry("keylapse.sync.enabled", boolean.class),
            Map.entry("keylapse.sync.interval", Duration.class),
            Map.entry("keylapse.trusted-proxies", List.class),
            Map.entry("keylapse.webhooks.allow-http", boolean.class),
            Map.entry("keylapse.webhooks.allowed-networks", List.class),
            Map.entry("keylapse.webhooks.ports", List.class));

    private static final Set<String> TRUTHS = Set.of("true", "false", "yes", "no", "on", "off", "y", "n");

    private KnownSettings() {}

    /** The environment variable of a setting. */
    public static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    static void check(Environment environment) {
        TYPES.forEach((setting, type) -> environment
                .getProperty(setting, String.class)
                .filter(value -> !value.isBlank())
                .filter(value -> !isOf(environment, setting, type, value))
                .ifPresent(value -> {
                    throw new ConfigurationException(setting + " (" + variable(setting) + ") must be " + described(type)
                            + ", not \"" + value + "\"");
                }));
    }

    private static boolean isOf(Environment environment, String setting, Class<?> type, String value) {
        if (type == boolean.class) {
            return TRUTHS.contains(value.toLowerCase(Locale.ROOT));
        }
        return type == String.class || environment.getProperty(setting, type).isPresent();
    }

    private static String described(Class<?> type) {
        if (type == Duration.class) {
            return "a duration such as P30D or PT15M";
        }
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(word -> word.toString().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" or "));
        }
        return type == boolean.class ? "true or false" : type == int.class ? "a whole number" : "a list";
    }
}
