package io.keylapse.app;

import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.registry.migration.Migrations;
import io.micronaut.context.ApplicationContext;
import java.util.Set;
import picocli.CommandLine.Command;

/** Brings the schema up to date, from a process that does nothing else. */
@Command(
        name = "migrate",
        description = {
            "Bring the schema in Postgres up to date, and end. It needs KEYLAPSE_POSTGRES_URL (or KEYLAPSE_MIGRATION_URL),",
            "and connects as KEYLAPSE_MIGRATION_USER, whose role owns the schema. Without it, serve migrates by itself."
        },
        mixinStandardHelpOptions = true)
final class MigrateCommand implements Runnable {
    @Override
    public void run() {
        try (ApplicationContext context = new SettingsContextBuilder()
                .mainClass(Keylapse.class)
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .build()) {
            context.getEnvironment().start();
            SecretFiles.read(context.getEnvironment(), Set.of());
            RequiredSettings.checkPostgres(context.getEnvironment());
            int run = new Migrations(context.getEnvironment()).run();
            System.out.println(
                    run == 0 ? "the schema is up to date" : "migrations run: " + run + "; the schema is up to date");
        }
    }
}
