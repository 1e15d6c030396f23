package io.keylapse.app;

import io.keylapse.sync.Audit;
import io.micronaut.context.ApplicationContext;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares Redis with Postgres, in a separate process. */
@Command(
        name = "audit",
        description = {
            "Compare Redis with Postgres and print every difference.",
            "Nodes may keep running. Exit code 0 if both stores agree, 1 if they do not."
        },
        mixinStandardHelpOptions = true)
final class AuditCommand implements Callable<Integer> {
    @Option(
            names = "--repair",
            description =
                    "Repair Redis where they differ, even where its version is the newer one. Repaired differences"
                            + " count as agreement.")
    private boolean repair;

    @Override
    public Integer call() throws InterruptedException {
        try (ApplicationContext context = StoresAlone.open()) {
            Audit audit = context.getBean(Audit.class);
            return report(audit.run(repair, System.out::println, this::printProgress));
        }
    }

    private void printProgress(long compared) {
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
            out.println("run \"keylapse audit --repair\" to repair Redis");
        }
        return result.agree() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
    }
}
