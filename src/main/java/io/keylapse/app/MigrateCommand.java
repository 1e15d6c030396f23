package io.keylapse.app;

import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.registry.migration.Migrations;
import io.micronaut.context.ApplicationContext;
import java.util.Set;
import picocli.CommandLine.Command;

/** Migrates the schema, in a separate process. */
@Command(
        name = "migrate",
        description = {
            "Migrate the schema in Postgres, and exit. Needs KEYLAPSE_POSTGRES_URL (or KEYLAPSE_MIGRATION_URL).",
            "Connects as KEYLAPSE_MIGRATION_USER, which must own the schema. By default, serve migrates when it starts."
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
