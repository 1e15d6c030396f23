package io.keylapse.app.settings;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of unknown environment variables that begin with {@code KEYLAPSE_} or nearly so, and of mistyped ones of the server: they
 * would be ignored silently.
 */
public final class UnknownVariables {
    private static final Logger LOG = LoggerFactory.getLogger(UnknownVariables.class);
    private static final String OURS = "KEYLAPSE_";
    private static final String OF_SERVER = "MICRONAUT_";
    private static final int MAX_TYPOS = 4;
    private static final int MAX_TYPOS_NEARBY = 2;
    private static final Set<String> KNOWN = Stream.concat(
                    KnownSettings.TYPES.keySet().stream(),
                    Stream.concat(
                            KnownSettings.SECRETS.stream().map(secret -> secret + SecretFiles.SUFFIX),
                            Stream.of(
                                    "micronaut.server.port", "micronaut.server.host", "micronaut.server.context-path")))
            .map(KnownSettings::variable)
            .collect(toUnmodifiableSet());

    /** For commands of programs that hold a key, which may run in the same environment. */
    private static final Set<String> OF_COMMANDS = Set.of("KEYLAPSE_URL");

    private UnknownVariables() {}

    /** Logs one warning for each of the unknown variables. */
    public static void warn(Collection<String> variables) {
        in(variables)
                .forEach(variable -> LOG.warn("{} is not a setting and is ignored{}", variable, suggestion(variable)));
    }

    /** The variables that seem to be meant for Keylapse but are no settings, sorted. */
    public static List<String> in(Collection<String> variables) {
        return variables.stream().filter(UnknownVariables::isUnknown).sorted().toList();
    }

    private static boolean isUnknown(String variable) {
        // A list item may have its own variable, such as KEYLAPSE_TRUSTED_PROXIES_0.
        if (OF_COMMANDS.contains(variable) || KNOWN.contains(variable.replaceFirst("_[0-9]+$", ""))) {
            return false;
        }
        return variable.startsWith(OURS) || isMistyped(variable);
    }

    /** Whether the start is mistyped, or a setting of the server. Other programs have names that look similar. */
    private static boolean isMistyped(String variable) {
        int end = variable.indexOf('_') + 1;
        return end > 0
                && Stream.of(OURS, OF_SERVER)
                        .anyMatch(start -> typos(start, variable.substring(0, end)) <= MAX_TYPOS_NEARBY)
                && nearest(variable, MAX_TYPOS_NEARBY).isPresent();
    }

    private static String suggestion(String variable) {
        return nearest(variable, MAX_TYPOS)
                .map(known -> "; did you mean " + known + "?")
                .orElse("");
    }

    private static Optional<String> nearest(String variable, int mostTypos) {
        return KNOWN.stream()
                .filter(known -> typos(known, variable) <= mostTypos)
                .min(Comparator.<String>comparingInt(known -> typos(known, variable))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** The Levenshtein distance. */
    private static int typos(String left, String right) {
        var above = new int[right.length() + 1];
        Arrays.setAll(above, column -> column);
        for (int row = 1; row <= left.length(); row++) {
            int diagonal = above[0];
            above[0] = row;
            for (int column = 1; column <= right.length(); column++) {
                int replaced = diagonal + (left.charAt(row - 1) == right.charAt(column - 1) ? 0 : 1);
                diagonal = above[column];
                above[column] = Math.min(replaced, 1 + Math.min(above[column], above[column - 1]));
            }
        }
        return above[right.length()];
    }
}
