package io.keylapse.key.input;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The input of a request violates a rule. Nothing was changed. */
public final class InvalidInputException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Violation of one rule.
     *
     * @param field name of the field in the request
     * @param message predicate that follows the name of the field, such as "must be at most 200 characters"
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

    /** All violations, at least one. */
    public List<Violation> violations() {
        return violations;
    }

    /** Collects violations, so that a caller gets all of them at once. */
    public static final class Collector {
        private final List<Violation> found = new ArrayList<>();

        /** Adds a violation. */
        public void add(String field, String message) {
            found.add(new Violation(field, message));
        }

        /** Adds a violation, if there is one. */
        public void add(String field, Optional<String> complaint) {
            complaint.ifPresent(message -> add(field, message));
        }

        /** Throws if there is any violation. */
        public void throwIfAny() {
            if (!found.isEmpty()) {
                throw new InvalidInputException(found);
            }
        }
    }
}
