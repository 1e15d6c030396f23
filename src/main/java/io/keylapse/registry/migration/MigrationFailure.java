package io.keylapse.registry.migration;

import java.sql.SQLException;
import java.util.Objects;
import java.util.stream.Stream;
import org.flywaydb.core.api.FlywayException;

/** Describes a failed migration in one line. */
final class MigrationFailure {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private MigrationFailure() {}

    static MigrationException describe(FlywayException failure) {
        String advice = has(LOCK_NOT_AVAILABLE, failure)
                ? ". An open transaction blocked this migration, which gave up; find the transaction in"
                        + " pg_stat_activity, end it and run this again"
                : "";
        return new MigrationException("the schema cannot be migrated: " + reason(failure) + advice, failure);
    }

    /** Whether the role lacks a privilege. */
    static boolean isForbidden(Throwable failure) {
        return has(INSUFFICIENT_PRIVILEGE, failure);
    }

    private static boolean has(String state, Throwable failure) {
        return failures(failure).anyMatch(sql -> state.equals(sql.getSQLState()));
    }

    private static String reason(FlywayException failure) {
        return failures(failure)
                .map(SQLException::getMessage)
                .findFirst()
                .orElseGet(failure::getMessage)
                .strip()
                .replaceAll("\\s*\\R\\s*", "; ");
    }

    private static Stream<SQLException> failures(Throwable failure) {
        return Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
                .flatMap(cause -> cause instanceof SQLException sql ? Stream.of(sql) : Stream.empty());
    }
}
