package io.keylapse.app;

import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.sync.Audit;
import io.micronaut.context.ApplicationContext;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares both stores, from a process that does nothing else. */
@Command(
        name = "audit",
        description = {
            "Compare what Redis holds with what Postgres says it should, and print every difference.",
            "Both may be in use. Exit code 0 when they agree, 1 when they do not."
        },
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @Option(
            names = "--repair",
            description = "Put Redis right where they differ, also where its version is too new. What was put right"
                    + " counts as agreed.")
    private boolean repair;

    @Override
    public Integer call() throws InterruptedException {
        try (ApplicationContext context = new SettingsContextBuilder()
                .mainClass(Keylapse.class)
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                .properties(Map.of(
                        "keylapse.expiry.listener", false,
                        "keylapse.expiry.prompter", false,
                        "keylapse.expiry.sweep", false,
                        "keylapse.sync.enabled", false,
                        // Whoever serves migrates; an audit changes nothing by itself.
                        "keylapse.migration.at-start", false,
                        "logger.levels.root", "ERROR"))
                .build()) {
            context.getEnvironment().start();
            SecretFiles.read(context.getEnvironment(), Set.of());
            RequiredSettings.checkStores(context.getEnvironment());
            context.start();
            Audit audit = context.getBean(Audit.class);
            awaitRedis(audit);
            return report(audit.run(repair, System.out::println, this::tell));
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
                            "Redis at KEYLAPSE_REDIS_URI does not answer; check that it runs, and KEYLAPSE_REDIS_URI",
                            e);
                }
                Thread.sleep(100);
            }
        }
    }

    private void tell(long compared) {
        if (compared % 100_000 == 0) {
            System.err.printf(Locale.ROOT, "%,d compared%n", compared);
        }
    }

    private int report(Audit.Result result) {
        PrintStream out = System.out;
        out.printf(
                Locale.ROOT,
                "compared %,d entries of Redis and %,d active keys of Postgres: %s%n",
                result.entries(),
                result.keys(),
                result.differences() == 0
                        ? "they agree"
                        : String.format(Locale.ROOT, "%,d differences", result.differences()));
        if (repair && result.differences() > 0) {
            out.printf(Locale.ROOT, "repaired %,d%n", result.mended());
        } else if (result.differences() > 0) {
            out.println("run \"keylapse audit --repair\" to put Redis right");
        }
        return result.agree() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
}
