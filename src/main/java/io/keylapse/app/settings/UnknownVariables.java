package io.keylapse.app.settings;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Warns of unknown environment variables that begin with {@code KEYLAPSE_}: a mistyped one would be ignored silently.
 */
public final class UnknownVariables {
    private static final Logger LOG = LoggerFactory.getLogger(UnknownVariables.class);
    private static final String OURS = "KEYLAPSE_";
    private static final int MAX_TYPOS = 4;
    private static final Set<String> KNOWN = Stream.concat(
                    KnownSettings.TYPES.keySet().stream(),
                    KnownSettings.SECRETS.stream().map(secret -> secret + SecretFiles.SUFFIX))
            .map(KnownSettings::variable)
            .collect(toUnmodifiableSet());

    /** For commands of programs that hold a key, which may run in the same environment. */
    private static final Set<String> OF_COMMANDS = Set.of("KEYLAPSE_URL");

    private UnknownVariables() {}

    /** Logs one warning for each unknown variable. */
    public static void warn(Collection<String> variables) {
        for (String variable : new TreeSet<>(variables)) {
            // A list item may have its own variable, such as KEYLAPSE_TRUSTED_PROXIES_0.
            if (variable.startsWith(OURS)
                    && !OF_COMMANDS.contains(variable)
                    && !KNOWN.contains(variable.replaceFirst("_[0-9]+$", ""))) {
                LOG.warn("{} is not a setting and is ignored{}", variable, suggestion(variable));
            }
        }
    }

    private static String suggestion(String variable) {
        Optional<String> nearest = KNOWN.stream()
                .filter(known -> typos(known, variable) <= MAX_TYPOS)
                .min(Comparator.<String>comparingInt(known -> typos(known, variable))
                        .thenComparing(Comparator.naturalOrder()));
        return nearest.map(known -> "; did you mean " + known + "?").orElse("");
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
