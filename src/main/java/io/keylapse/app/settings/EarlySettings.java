package io.keylapse.app.settings;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Settings that are needed before Micronaut has read its configuration, from an environment variable or, without
 * one, a system property.
 */
public final class EarlySettings {
    private EarlySettings() {}

    /** The trimmed value; empty if the setting is not set. */
    public static Optional<String> get(String setting) {
        return Stream.of(
                        Optional.ofNullable(System.getenv(KnownSettings.variable(setting))),
                        Optional.ofNullable(System.getProperty(setting)))
                .flatMap(Optional::stream)
                .flatMap(value -> SettingText.given(value).stream())
                .findFirst();
    }

    /** Whether a secret is set, directly or through its file. */
    public static boolean isSecretSet(String setting) {
        return get(setting).isPresent() || get(setting + SecretFiles.SUFFIX).isPresent();
    }
}
