package io.keylapse.security.management;

import io.keylapse.key.ManagementKeyId;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The names of management keys, also of deleted ones, so that records can name who acted. */
@Singleton
public final class ManagementKeyNames {
    /** The name of the key in {@code KEYLAPSE_ADMIN_KEY}. */
    public static final String ENVIRONMENT = "environment";

    /** The name of the keys in {@code KEYLAPSE_FORMER_ADMIN_KEYS}. */
    public static final String FORMER_ENVIRONMENT = "environment, former";

    private static final String NAMES = "SELECT id, name FROM management_key_name WHERE id = ANY (?)";

    private final Postgres postgres;

    ManagementKeyNames(Postgres postgres) {
        this.postgres = postgres;
    }

    private record Named(ManagementKeyId id, String name) {}

    /** The names of these management keys. Those that were deleted before version 10 of the schema have none. */
    public Map<ManagementKeyId, String> of(Collection<ManagementKeyId> ids) {
        var names = new HashMap<ManagementKeyId, String>();
        UUID[] stored = ids.stream()
                .filter(id -> !id.isOfEnvironment())
                .map(ManagementKeyId::value)
                .distinct()
                .toArray(UUID[]::new);
        if (stored.length > 0) {
            postgres.query(
                            NAMES,
                            row -> new Named(new ManagementKeyId(row.getObject(1, UUID.class)), row.getString(2)),
                            (Object) stored)
                    .forEach(each -> names.put(each.id, each.name));
        }
        if (ids.contains(ManagementKeyId.ENVIRONMENT)) {
            names.put(ManagementKeyId.ENVIRONMENT, ENVIRONMENT);
        }
        if (ids.contains(ManagementKeyId.FORMER_ENVIRONMENT)) {
            names.put(ManagementKeyId.FORMER_ENVIRONMENT, FORMER_ENVIRONMENT);
        }
        return names;
    }
}
