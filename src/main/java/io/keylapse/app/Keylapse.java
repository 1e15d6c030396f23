package io.keylapse.app;

import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The program. Without a command it serves. */
@Command(
        name = "keylapse",
        description = "Keeps API keys that expire: answers gateways from Redis, remembers in Postgres.",
        mixinStandardHelpOptions = true,
        versionProvider = Keylapse.Version.class,
        subcommands = {
            ServeCommand.class,
            DevCommand.class,
            MigrateCommand.class,
            HealthCommand.class,
            AuditCommand.class,
            TakeOverCommand.class
        },
        footer = {
            "",
            "Without a command it serves. Settings come from the environment:",
            "  KEYLAPSE_POSTGRES_URL, _USER, _PASSWORD  such as jdbc:postgresql://host:5432/keylapse",
            "  KEYLAPSE_REDIS_URI                       such as redis://:password@host:6379",
            "  KEYLAPSE_ADMIN_KEY                       a management key, at least 24 characters",
            "  KEYLAPSE_MIGRATION_URL, _USER, _PASSWORD for migrations; unless set, those of Postgres above",
            "  KEYLAPSE_DRAIN_TIME                      how long to answer on after SIGTERM, 2s unless set",
            "  KEYLAPSE_DATA_DIR                        where dev keeps its data, ./data unless set",
            "  MICRONAUT_SERVER_PORT                    8080 unless set",
            "docs/configuration.md lists the rest."
        })
public final class Keylapse implements Runnable {

    /** Runs the command and exits: 0 when all went well, 1 when it failed, 2 when it was not understood. */
    public static void main(String[] arguments) {
        // Libraries word what they say by the default locale, and what we say is English.
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
