package io.keylapse.app.settings;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import org.jspecify.annotations.Nullable;

/** Settings that only {@code application.yml} or the launch reads. Declared so that they are described like all others. */
final class PlaceholderSettings {
    private PlaceholderSettings() {}

    /**
     * Postgres.
     *
     * @param url JDBC URL of the database: {@code jdbc:postgresql://host:5432/keylapse}
     * @param user role that the service logs in as
     * @param password password of {@code KEYLAPSE_POSTGRES_USER}
     * @param poolSize number of connections to Postgres, at least 12. 8 are for the service's own work, half of the others
     *     for checks and half for management
     */
    @ConfigurationProperties("keylapse.postgres")
    record Postgres(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            @Bindable(defaultValue = "24") int poolSize) {
        /** Without the URL and the password, which are secret or may contain a secret. */
        @Override
        public String toString() {
            return "Postgres[url=REDACTED, user=" + user + ", password=REDACTED, poolSize=" + poolSize + "]";
        }
    }

    /**
     * Migrations.
     *
     * @param url JDBC URL for migrations, by default {@code KEYLAPSE_POSTGRES_URL}; needed when that leads to a pooler
     * @param user role that migrates, by default {@code KEYLAPSE_POSTGRES_USER}
     * @param password password of {@code KEYLAPSE_MIGRATION_USER}, by default {@code KEYLAPSE_POSTGRES_PASSWORD}
     * @param atStart run pending migrations at the start; if {@code false}, a node with pending migrations does not start
     */
    @ConfigurationProperties("keylapse.migration")
    record Migration(
            @Nullable String url,
            @Nullable String user,
            @Nullable String password,
            @Bindable(defaultValue = "true") boolean atStart) {
        /** Without the URL and the password, which are secret or may contain a secret. */
        @Override
        public String toString() {
            return "Migration[url=REDACTED, user=" + user + ", password=REDACTED, atStart=" + atStart + "]";
        }
    }

    /**
     * The launch.
     *
     * @param dataDir folder in which {@code dev} keeps its data
     * @param eventLoops threads that read and write HTTP; 0 for as many as Micronaut chooses
     * @param mostBadCredentials older name of {@code KEYLAPSE_MAX_BAD_CREDENTIALS}
     */
    @ConfigurationProperties("keylapse")
    record Launch(
            @Bindable(defaultValue = "./data") String dataDir,
            @Bindable(defaultValue = "0") int eventLoops,
            @Bindable(defaultValue = "10") int mostBadCredentials) {}
}
