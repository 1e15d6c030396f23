package io.keylapse.security.management;

import static io.keylapse.security.management.Permission.CHECK_KEYS;
import static io.keylapse.security.management.Permission.MANAGE_KEYS;
import static io.keylapse.security.management.Permission.READ_AUDIT;
import static io.keylapse.security.management.Permission.READ_HISTORY;
import static io.keylapse.security.management.Permission.READ_KEYS;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The role of a management key: a set of permissions. */
public enum Role {
    ADMIN(EnumSet.allOf(Permission.class)),
    ISSUER(EnumSet.of(MANAGE_KEYS, READ_KEYS, READ_HISTORY, CHECK_KEYS)),
    AUDITOR(EnumSet.of(READ_KEYS, READ_HISTORY, READ_AUDIT)),
    CHECK(EnumSet.of(CHECK_KEYS));

    @SuppressWarnings("ImmutableEnumChecker") // never exposed
    private final Set<Permission> permissions;

    Role(Set<Permission> permissions) {
        this.permissions = permissions;
    }

    /** Whether the role includes this permission. */
    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** The name in Postgres and in JSON. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role with this name; empty if there is none. */
    public static Optional<Role> parse(String word) {
        for (Role role : values()) {
            if (role.word().equals(word)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
