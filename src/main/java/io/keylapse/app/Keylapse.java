package io.keylapse.app;

import io.keylapse.app.self.SelfCommand;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command line. Without a command, it serves. */
@Command(
        name = "keylapse",
        description =
                "Keylapse stores API keys that expire: it answers gateways from Redis and keeps the record in Postgres.",
        mixinStandardHelpOptions = true,
        versionProvider = Keylapse.Version.class,
        subcommands = {
            ServeCommand.class,
            DevCommand.class,
            MigrateCommand.class,
            HealthCommand.class,
            AuditCommand.class,
            TakeOverCommand.class,
            SelfCommand.class
        },
        footer = {
            "",
            "Without a command, it runs serve. Settings are environment variables:",
            "  KEYLAPSE_POSTGRES_URL, _USER, _PASSWORD  jdbc:postgresql://host:5432/keylapse",
            "  KEYLAPSE_MIGRATION_URL, _USER, _PASSWORD for migrations, default: those above",
            "  KEYLAPSE_REDIS_URI                       redis://:password@host:6379",
            "  KEYLAPSE_ADMIN_KEY                       management key, min. 24 characters",
            "  KEYLAPSE_DRAIN_TIME                      time to drain on SIGTERM, default 2s",
            "  KEYLAPSE_DATA_DIR                        dev's data directory, default ./data",
            "  MICRONAUT_SERVER_PORT                    port, default 8080",
            "docs/configuration.md lists the rest."
        })
public final class Keylapse implements Runnable {

    /** Runs the command and exits. The exit code is 0 on success, 1 on a failure, 2 on wrong usage. */
    public static void main(String[] arguments) {
        // Libraries word their messages in the default locale, and ours are in English.
        Locale.setDefault(Locale.ENGLISH);
        System.exit(new CommandLine(new Keylapse())
                .setExecutionExceptionHandler((failure, commandLine, parsed) -> {
                    commandLine.getErr().println("keylapse: " + StartFailure.describe(failure));
                    return CommandLine.ExitCode.SOFTWARE;
                })
                .execute(arguments));
    }

    @Override
    public void run() {
        new ServeCommand().run();
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Keylapse.class.getPackage().getImplementationVersion();
            return new String[] {"keylapse " + (version == null ? "(built from source)" : version)};
        }
    }
}
