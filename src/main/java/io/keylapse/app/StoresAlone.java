package io.keylapse.app;

import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.sync.Audit;
import io.micronaut.context.ApplicationContext;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** Connects to both stores, for a command that serves no requests and runs no background work. */
final class StoresAlone {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private StoresAlone() {}

    /**
     * Connects to both stores. The caller closes the context.
     *
     * @throws IllegalStateException if Redis does not answer within 5 s
     */
    static ApplicationContext open() throws InterruptedException {
        ApplicationContext context = new SettingsContextBuilder()
                .mainClass(Keylapse.class)
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .properties(Map.of(
                        "keylapse.expiry.listener", false,
                        "keylapse.expiry.prompter", false,
                        "keylapse.expiry.sweep", false,
                        "keylapse.sync.enabled", false,
                        // Only the service migrates; this command leaves the schema unchanged.
                        "keylapse.migration.at-start", false,
                        "logger.levels.root", "ERROR"))
                .build();
        try {
            context.getEnvironment().start();
            SecretFiles.read(context.getEnvironment(), Set.of());
            RequiredSettings.checkStores(context.getEnvironment());
            context.start();
            awaitRedis(context.getBean(Audit.class));
            return context;
        } catch (RuntimeException | InterruptedException e) {
            context.close();
            throw e;
        }
    }

    private static void awaitRedis(Audit audit) throws InterruptedException {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                audit.awaitRedis();
                return;
            } catch (CompletionException e) {
                if (System.nanoTime() > until) {
                    throw new IllegalStateException(
                            "Redis at KEYLAPSE_REDIS_URI does not answer; check that it runs, and check the URI", e);
                }
                Thread.sleep(100);
            }
        }
    }
}
