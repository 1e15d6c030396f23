package io.keylapse.registry.sql;

import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Server-side time-outs of our connections: what Postgres itself ends when the host of a client vanishes without a word.
 * They are given with each connection; behind a pooler such as PgBouncer, which does not pass them on, they are set for
 * the role. Either way they are read back here, because a server or a pooler may ignore them.
 */
@Singleton
public final class ServerLimits {
    private static final String MAX_IDLE_IN_TRANSACTION = "5000";
    /** Less than the socket time-out: who waits for a lock is not taken for a connection that is dead. */
    private static final String MAX_LOCK_WAIT = "3000";

    /** Each setting and the most that it may be: ms, and for the first two about keepalives s. */
    private static final Map<String, String> MOST = new LinkedHashMap<>();

    static {
        MOST.put("idle_in_transaction_session_timeout", MAX_IDLE_IN_TRANSACTION);
        MOST.put("lock_timeout", MAX_LOCK_WAIT);
        // A client that is gone is found out 8 s after its last word, or after an answer that it did not acknowledge.
        MOST.put("tcp_keepalives_idle", "5");
        MOST.put("tcp_keepalives_interval", "1");
        MOST.put("tcp_keepalives_count", "3");
        MOST.put("tcp_user_timeout", "8000");
    }

    /** The start-up parameter {@code options} that sets all of them. */
    static final String OPTIONS = MOST.entrySet().stream()
            .map(setting -> "-c " + setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining(" "));

    private final Postgres postgres;
    private volatile List<Missing> missing = List.of();

    /** A setting that does not bound anything, or too late, and the role it could be set for. */
    private record Missing(String name, String value, String role) {
        String correction() {
            return "ALTER ROLE \"" + role + "\" SET " + name + " = " + MOST.get(name);
        }
    }

    ServerLimits(Postgres postgres) {
        this.postgres = postgres;
    }

    /** Reads all of them back on one of our connections. */
    public void look() {
        // Over a Unix domain socket there are no keepalives, and no host that could vanish. Only Linux has the last.
        missing = postgres
                .query(
                        "SELECT name, setting, current_user AS role FROM pg_settings WHERE name = ANY (?)"
                                + " AND (name NOT LIKE 'tcp%' OR inet_client_addr() IS NOT NULL)"
                                + " AND (name <> 'tcp_user_timeout' OR version() LIKE '%linux%') ORDER BY name",
                        row -> new Missing(row.getString("name"), row.getString("setting"), row.getString("role")),
                        (Object) MOST.keySet().toArray(String[]::new))
                .stream()
                .filter(setting -> !isBounded(setting))
                .toList();
    }

    private static boolean isBounded(Missing setting) {
        int value = Integer.parseInt(setting.value);
        return value > 0 && value <= Integer.parseInt(MOST.getOrDefault(setting.name, "0"));
    }

    /** Which of them do not hold, and what to do about it. */
    public Optional<String> complaint() {
        List<Missing> now = missing;
        return now.isEmpty()
                ? Optional.empty()
                : Optional.of("Postgres does not end in time what a vanished host leaves open: "
                        + now.stream()
                                .map(each -> each.name + " is " + each.value + ", and should be from 1 to "
                                        + MOST.get(each.name))
                                .collect(Collectors.joining("; "))
                        + ". Run "
                        + now.stream().map(Missing::correction).collect(Collectors.joining("; "))
                        + "; then make the connections anew (RECONNECT in PgBouncer, or a restart)");
    }
}
