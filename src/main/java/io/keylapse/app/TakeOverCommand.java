package io.keylapse.app;

import io.keylapse.sync.owner.TakeOver;
import io.micronaut.context.ApplicationContext;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Releases a Redis that followed another Postgres, so that it can follow this one. */
@Command(
        name = "take-over",
        description = {
            "Hand Redis over to the configured Postgres, even if it belonged to another one before.",
            "First stop every node that uses this Redis. The next node that starts compares it with Postgres and deletes the keys"
                    + " that Postgres does not have. Exit code 0 on success, 1 if a node still uses Redis."
        },
        mixinStandardHelpOptions = true)
final class TakeOverCommand implements Callable<Integer> {
    @Override
    public Integer call() throws InterruptedException {
        try (ApplicationContext context = StoresAlone.open()) {
            TakeOver.Result result = context.getBean(TakeOver.class).run();
            result.lines().forEach(System.out::println);
            return result.done() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
        }
    }
}
