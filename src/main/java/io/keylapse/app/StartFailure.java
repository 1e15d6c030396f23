package io.keylapse.app;

import io.keylapse.active.watch.UnsupportedRedisException;
import io.keylapse.app.embedded.EmbeddedStoresException;
import io.keylapse.app.settings.KnownSettings;
import io.keylapse.registry.migration.MigrationException;
import io.keylapse.registry.sql.PostgresFailure;
import io.keylapse.registry.sql.connect.UnsupportedPostgresException;
import io.keylapse.sync.owner.ForeignRedisException;
import io.micronaut.context.exceptions.ConfigurationException;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Describes in one line why the service could not start, and names the setting if one is the cause. */
final class StartFailure {
    private static final Pattern SETTING = Pattern.compile("property value \\[([^]]+)]");
    private static final Pattern OURS = Pattern.compile("keylapse(\\.[a-z-]+)+");

    private static final Pattern UNCONVERTIBLE =
            Pattern.compile("(?:Failed to convert|Unable to convert|Cannot convert)[^\\n]*");

    private StartFailure() {}

    static String describe(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case EmbeddedStoresException known -> {
                    return firstLine(known);
                }
                case ForeignRedisException foreign -> {
                    return firstLine(foreign);
                }
                case UnsupportedRedisException old -> {
                    return firstLine(old);
                }
                case MigrationException known -> {
                    return firstLine(known);
                }
                case SQLException sql
                when deepest(sql) instanceof UnsupportedPostgresException old -> {
                    return firstLine(old);
                }
                case SQLException sql
                when PostgresFailure.wrongServer(sql).isPresent() -> {
                    return PostgresFailure.inWords(sql);
                }
                case SQLException sql -> {
                    return "Postgres at KEYLAPSE_POSTGRES_URL cannot be used (" + firstLine(deepest(sql))
                            + "); check that it runs, and that KEYLAPSE_POSTGRES_URL, _USER and _PASSWORD are correct";
                }
                case IllegalArgumentException rule
                when isOurs(rule) -> {
                    return withVariable(firstLine(rule));
                }
                default -> {}
            }
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            Matcher setting = SETTING.matcher(message);
            if (setting.find()) {
                return "the setting " + named(setting.group(1)) + " is invalid: " + reason(failure);
            }
            if (cause instanceof ConfigurationException) {
                return withVariable(firstLine(cause));
            }
        }
        return "the start failed: " + firstLine(failure);
    }

    /** The innermost SQLException. The pool reports only that it got no connection; its cause says why. */
    private static SQLException deepest(SQLException failure) {
        SQLException deepest = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                deepest = sql;
            }
        }
        return deepest;
    }

    /**
     * Adds the environment variable of the setting at the start of the message, because most operators set variables.
     */
    private static String withVariable(String rule) {
        Matcher setting = OURS.matcher(rule);
        return setting.lookingAt() && !rule.contains(KnownSettings.variable(setting.group()))
                ? named(setting.group()) + rule.substring(setting.end())
                : rule;
    }

    private static String named(String setting) {
        return setting + " (" + KnownSettings.variable(setting) + ")";
    }

    /** Whether the message begins with the name of one of our settings, as those of our own settings classes do. */
    private static boolean isOurs(IllegalArgumentException rule) {
        return rule.getMessage() != null && rule.getMessage().startsWith("keylapse.");
    }

    private static String reason(Throwable failure) {
        Throwable root = failure;
        String reason = firstLine(failure);
        while (root != null) {
            Matcher unconvertible = UNCONVERTIBLE.matcher(String.valueOf(root.getMessage()));
            if (unconvertible.find()) {
                return unconvertible.group();
            }
            reason = firstLine(root);
            root = root.getCause();
        }
        return reason;
    }

    private static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null
                ? failure.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").strip();
    }
}
