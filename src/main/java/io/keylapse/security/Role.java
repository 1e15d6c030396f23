package io.keylapse.security;

import static io.keylapse.security.Permission.CHECK_KEYS;
import static io.keylapse.security.Permission.MANAGE_KEYS;
import static io.keylapse.security.Permission.READ_HISTORY;
import static io.keylapse.security.Permission.READ_KEYS;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a management key is for. */
public enum Role {
    ADMIN(EnumSet.allOf(Permission.class)),
    ISSUER(EnumSet.of(MANAGE_KEYS, READ_KEYS, READ_HISTORY, CHECK_KEYS)),
    AUDITOR(EnumSet.of(READ_KEYS, READ_HISTORY)),
    CHECK(EnumSet.of(CHECK_KEYS));

    @SuppressWarnings("ImmutableEnumChecker") // nobody gets hold of it
    private final Set<Permission> permissions;

    Role(Set<Permission> permissions) {
        this.permissions = permissions;
    }

    /** Whether it includes that. */
    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /** The word for it in Postgres and in JSON. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role for a word, or nothing when there is none. */
    public static Optional<Role> parse(String word) {
        for (Role role : values()) {
            if (role.word().equals(word)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
