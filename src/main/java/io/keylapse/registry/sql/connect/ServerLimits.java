package io.keylapse.registry.sql.connect;

import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Server-side timeouts of Keylapse's connections. With them, Postgres itself ends transactions and connections of a client
 * whose host has vanished. They are set with each connection. A pooler such as PgBouncer does not pass them on; there they
 * must be set for the role. In both cases they are read back here, because a server or a pooler may ignore them.
 */
@Singleton
public final class ServerLimits {
    private static final String MAX_IDLE_IN_TRANSACTION = "5000";
    /** Less than the socket timeout, so that a statement that waits for a lock is not mistaken for a dead connection. */
    private static final String MAX_LOCK_WAIT = "3000";

    /**
     * The maximum of each setting. {@code tcp_keepalives_idle} and {@code tcp_keepalives_interval} are in seconds, {@code
     * tcp_keepalives_count} is a number, and the others are in ms.
     */
    private static final Map<String, String> MAX_VALUES = new LinkedHashMap<>();

    static {
        MAX_VALUES.put("idle_in_transaction_session_timeout", MAX_IDLE_IN_TRANSACTION);
        MAX_VALUES.put("lock_timeout", MAX_LOCK_WAIT);
        // Postgres detects a vanished client 8 s after its last packet, or after a response that it did not
        // acknowledge.
        MAX_VALUES.put("tcp_keepalives_idle", "5");
        MAX_VALUES.put("tcp_keepalives_interval", "1");
        MAX_VALUES.put("tcp_keepalives_count", "3");
        MAX_VALUES.put("tcp_user_timeout", "8000");
    }

    /** The startup parameter {@code options} that sets all of them. */
    static final String OPTIONS = MAX_VALUES.entrySet().stream()
            .map(setting -> "-c " + setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining(" "));

    // A Unix domain socket has no keepalives, and no host that could vanish. Only Linux has tcp_user_timeout.
    private static final String SETTINGS = """
            SELECT name, setting, current_user AS role FROM pg_settings
            WHERE name = ANY (?) AND (name NOT LIKE 'tcp%' OR inet_client_addr() IS NOT NULL)
                AND (name <> 'tcp_user_timeout' OR version() LIKE '%linux%')
            ORDER BY name""";

    private final Postgres postgres;
    private volatile List<Missing> missing = List.of();

    /** A setting that is off or too high, and the role for which it can be set. */
    private record Missing(String name, String value, String role) {
        String correction() {
            return "ALTER ROLE \"" + role + "\" SET " + name + " = " + MAX_VALUES.get(name);
        }
    }

    ServerLimits(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Reads all settings back on one of the connections. */
    public void look() {
        missing = postgres
                .query(
                        SETTINGS,
                        row -> new Missing(row.getString("name"), row.getString("setting"), row.getString("role")),
                        (Object) MAX_VALUES.keySet().toArray(String[]::new))
                .stream()
                .filter(setting -> !isBounded(setting))
                .toList();
    }

    private static boolean isBounded(Missing setting) {
        int value = Integer.parseInt(setting.value);
        return value > 0 && value <= Integer.parseInt(MAX_VALUES.getOrDefault(setting.name, "0"));
    }

    /** Settings that are off or too high, and how to correct them; empty if there are none. */
    public Optional<String> complaint() {
        List<Missing> now = missing;
        return now.isEmpty()
                ? Optional.empty()
                : Optional.of("Postgres does not end connections and transactions of a vanished host in time: "
                        + now.stream()
                                .map(each -> each.name + " is " + each.value + ", and should be from 1 to "
                                        + MAX_VALUES.get(each.name))
                                .collect(Collectors.joining("; "))
                        + ". Run "
                        + now.stream().map(Missing::correction).collect(Collectors.joining("; "))
                        + "; then reconnect (RECONNECT in PgBouncer, or a restart)");
    }
}
