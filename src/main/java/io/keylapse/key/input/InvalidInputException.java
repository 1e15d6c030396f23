package io.keylapse.key.input;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What was asked for breaks a rule. Nothing was changed. */
public final class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * One rule broken.
     *
     * @param field the field as the caller knows it
     * @param message what is wrong with it, to be read after the field's name
     */
    public record Violation(String field, String message) {}

    private final transient List<Violation> violations;

    public InvalidInputException(List<Violation> violations) {
        super(violations.toString(), null, false, false);
        this.violations = List.copyOf(violations);
    }

    public InvalidInputException(String field, String message) {
        this(List.of(new Violation(field, message)));
    }

    /** Every rule that was broken, at least one. */
    public List<Violation> violations() {
        return violations;
    }

    /** Collects violations, so that a caller hears of all of them at once. */
    public static final class Collector {
        private final List<Violation> found = new ArrayList<>();

        /** Notes a violation. */
        public void add(String field, String message) {
            found.add(new Violation(field, message));
        }

        /** Notes a violation, if there is one. */
        public void add(String field, Optional<String> complaint) {
            complaint.ifPresent(message -> add(field, message));
        }

        /** Throws if anything was noted. */
        public void throwIfAny() {
            if (!found.isEmpty()) {
                throw new InvalidInputException(found);
            }
        }
    }
}
