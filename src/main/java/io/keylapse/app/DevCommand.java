package io.keylapse.app;

import io.keylapse.app.embedded.EmbeddedStores;
import io.keylapse.app.settings.EarlySettings;
import io.keylapse.app.settings.KnownSettings;
import io.keylapse.app.settings.ListeningPorts;
import io.keylapse.app.settings.UnknownVariables;
import io.micronaut.context.exceptions.ConfigurationException;
import java.io.Console;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/** Serves on an embedded Postgres and Redis, for trying Keylapse out and for development. */
@Command(
        name = "dev",
        description = "Run a node with embedded Postgres and Redis. The data is in ./data.",
        mixinStandardHelpOptions = true)
final class DevCommand implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(DevCommand.class);
    private static final List<String> STORES = List.of("keylapse.postgres.url", "keylapse.redis.uri");
    private static final String ADMIN_KEY = "KEYLAPSE_ADMIN_KEY";
    private static final String HOST = "micronaut.server.host";
    private static final String ADMIN_KEY_FILE = "KEYLAPSE_ADMIN_KEY_FILE";

    @Override
    public void run() {
        if (!EmbeddedStores.areIncluded()) {
            throw new ConfigurationException(
                    "this build has no embedded servers; run dev with keylapse.jar, or serve with"
                            + " KEYLAPSE_POSTGRES_URL and KEYLAPSE_REDIS_URI");
        }
        List<String> ofStores = STORES.stream()
                .filter(EarlySettings::isSecretSet)
                .map(KnownSettings::variable)
                .toList();
        if (!ofStores.isEmpty()) {
            LOG.warn(
                    "dev uses its bundled stores and ignores {}; use serve for your own stores",
                    String.join(" and ", ofStores));
        }
        Path data = Path.of(EarlySettings.get("keylapse.data-dir").orElse("data"));
        EmbeddedStores stores = EmbeddedStores.open(data);
        try {
            var settings = new HashMap<String, Object>(Map.of(
                    "keylapse.postgres.url", stores.postgresUrl(),
                    "keylapse.postgres.user", stores.postgresUser(),
                    "keylapse.postgres.password", stores.postgresPassword(),
                    "keylapse.redis.uri", stores.redisUri(),
                    "keylapse.migration.url", stores.postgresUrl(),
                    "keylapse.migration.user", stores.postgresUser(),
                    "keylapse.migration.password", stores.postgresPassword()));
            // No load balancer is in front of it that must notice the stop first.
            settings.put("keylapse.drain-time", "PT0S");
            if (EarlySettings.get(HOST).isEmpty()) {
                // Reachable from this machine only, because dev is for trying out.
                settings.put(HOST, "127.0.0.1");
            }
            Optional<AdminKeyFile> file = Optional.empty();
            if (!EarlySettings.isSecretSet("keylapse.admin-key")) {
                file = Optional.of(AdminKeyFile.openOrCreate(data));
                settings.put("keylapse.admin-key", file.get().key());
            }
            if (!EarlySettings.isSecretSet("keylapse.encryption-key")) {
                settings.put("keylapse.encryption-key", EncryptionKeyFile.openOrCreate(data));
            }
            // Before the stores are started: that takes seconds.
            new ListeningPorts(name -> EarlySettings.get(name)
                            .or(() -> Optional.ofNullable(settings.get(name)).map(Object::toString)))
                    .checkFree();
            Service service = Service.start(stores.startDuring(() -> Service.prepare(settings)));
            greet(System.out, service, file);
            service.runUntilShutdown(stores);
        } catch (RuntimeException | Error e) {
            stores.close();
            throw e;
        }
    }

    private static void greet(PrintStream out, Service service, Optional<AdminKeyFile> file) {
        String url = service.url();
        boolean isInFile = EarlySettings.get("keylapse.admin-key-file").isPresent();
        String inShell = file.map(AdminKeyFile::inShell)
                .orElse(isInFile ? "$(cat \"$" + ADMIN_KEY_FILE + "\")" : "$" + ADMIN_KEY);
        out.println();
        out.println("  Keylapse is ready at " + url);
        service.pages().forEach(page -> out.println("  " + page));
        out.println("  The management key is in "
                + file.map(each -> each.path().toString())
                        .orElse(
                                isInFile
                                        ? "the file that " + ADMIN_KEY_FILE + " names"
                                        : "the environment, " + ADMIN_KEY));
        boolean atTerminal = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .isPresent();
        if (file.isPresent() && atTerminal) {
            out.println("  and reads " + file.get().key());
        }
        List<String> unknown = UnknownVariables.in(System.getenv().keySet());
        if (!unknown.isEmpty()) {
            out.println("  Ignored, because they are not settings (check the spelling): " + String.join(", ", unknown));
        }
        out.println();
        out.println("  Issue a key that lives for a minute:");
        out.println();
        out.println(
                "curl -s " + url + "/v1/keys -H \"Authorization: Bearer " + inShell + "\""
                        + " -H 'Content-Type: application/json' -d '{\"owner\":\"acme\",\"name\":\"first key\",\"scopes\":[\"read\"],\"ttl\":\"PT1M\"}'");
        out.println();
        out.println("  Press Ctrl-C to stop. The data is kept.");
        out.println();
        out.flush();
    }
}
