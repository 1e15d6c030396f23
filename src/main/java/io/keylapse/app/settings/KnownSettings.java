package io.keylapse.app.settings;

import static java.util.stream.Collectors.toUnmodifiableMap;
import static java.util.stream.Collectors.toUnmodifiableSet;

import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.type.Argument;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every setting of Keylapse and its type, taken from the settings classes.
 *
 * <p>Micronaut silently uses the default if a value cannot be converted, and treats any word that is not "true" as false.
 * So values are checked here, before anything starts.
 */
public final class KnownSettings {
    /** The type of each setting, by its name. */
    public static final Map<String, Class<?>> TYPES =
            DescribedSetting.all().collect(toUnmodifiableMap(DescribedSetting::name, DescribedSetting::type));

    /** How the name of a setting ends that holds a secret, or an address that may contain one. */
    private static final Pattern SECRET_NAME =
            Pattern.compile(".*[.-](keys?|passwords?|passphrases?|secrets?|tokens?|credentials?|uris?)");

    /**
     * Settings that hold a secret: texts whose name says so by its last word. Each may be read from a file, and is never
     * quoted.
     */
    public static final Set<String> SECRETS = TYPES.entrySet().stream()
            .filter(setting -> isSecret(setting.getKey(), setting.getValue()))
            .map(Map.Entry::getKey)
            .collect(toUnmodifiableSet());

    private static final Set<String> LISTS = TYPES.entrySet().stream()
            .filter(setting -> setting.getValue() == List.class)
            .map(setting -> variable(setting.getKey()))
            .collect(toUnmodifiableSet());

    /** Minimum of a setting that is a duration: the resolution of deadlines. */
    private static final Duration MIN_DURATION = Duration.ofMillis(1);

    /** Maximum of a setting that is a duration, a century: a {@code long} of nanoseconds overflows after 292 years. */
    private static final Duration MAX_DURATION = Duration.ofDays(36_525);

    private static final Set<String> TRUTHS = Set.of("true", "false", "yes", "no", "on", "off", "y", "n");

    private KnownSettings() {}

    /** The environment variable of a setting. */
    public static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    static boolean isSecret(String setting, Class<?> type) {
        return (type == String.class || type == List.class)
                && SECRET_NAME.matcher(setting).matches();
    }

    static boolean isList(String variable) {
        return LISTS.contains(variable);
    }

    /** The setting as text, if it is set. */
    static Optional<String> text(Environment environment, String setting) {
        return read(setting, () -> environment.getProperty(setting, String.class));
    }

    /** The items of a setting that is a list, or its only value. */
    static List<String> texts(Environment environment, String setting) {
        return isList(variable(setting))
                ? read(setting, () -> environment.getProperty(setting, Argument.listOf(String.class)))
                        .orElse(List.of())
                : text(environment, setting).stream().toList();
    }

    private static <T> Optional<T> read(String setting, Supplier<Optional<T>> source) {
        try {
            return source.get();
        } catch (ConfigurationException e) {
            // Its message quotes the value, which may be a secret.
            throw new ConfigurationException(named(setting) + " has ${ in it, which stands for the value of another"
                    + " setting, and there is none of that name"
                    + (SECRETS.contains(setting)
                            ? "; a secret with ${ in it can be read from a file, named by "
                                    + variable(setting + SecretFiles.SUFFIX)
                            : ""));
        }
    }

    private static String named(String setting) {
        return setting + " (" + variable(setting) + ")";
    }

    static void check(Environment environment) {
        TYPES.forEach((setting, type) -> texts(environment, setting)
                .forEach(value -> complaint(environment, setting, type, value).ifPresent(complaint -> {
                    throw new ConfigurationException(named(setting) + " " + complaint);
                })));
    }

    private static Optional<String> complaint(Environment environment, String setting, Class<?> type, String value) {
        Optional<String> complaint = SettingText.complaint(value);
        if (complaint.isPresent() || type == String.class || type == List.class) {
            return complaint;
        }
        if (!isOf(environment, setting, type, value)) {
            return Optional.of("must be " + described(type) + ", not \"" + value + "\"");
        }
        return type == Duration.class
                ? environment
                        .getProperty(setting, Duration.class)
                        .filter(length -> !length.isZero())
                        .filter(length ->
                                length.abs().compareTo(MIN_DURATION) < 0 || length.compareTo(MAX_DURATION) > 0)
                        .map(_ -> "must be from 1 ms to " + MAX_DURATION.toDays() + " days, not \"" + value + "\"")
                : Optional.empty();
    }

    private static boolean isOf(Environment environment, String setting, Class<?> type, String value) {
        return type == boolean.class
                ? TRUTHS.contains(value.toLowerCase(Locale.ROOT))
                : environment.getProperty(setting, type).isPresent();
    }

    private static String described(Class<?> type) {
        if (type == Duration.class) {
            return "a duration such as P30D or PT15M";
        }
        if (type.isEnum()) {
            return Stream.of(type.getEnumConstants())
                    .map(word -> word.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
                    .collect(Collectors.joining(" or "));
        }
        if (type == Path.class) {
            return "the path of a file";
        }
        return type == boolean.class ? "true or false" : "a whole number";
    }
}
