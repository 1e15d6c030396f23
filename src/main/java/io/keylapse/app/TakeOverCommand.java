package io.keylapse.app;

import io.keylapse.sync.TakeOver;
import io.micronaut.context.ApplicationContext;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Makes a Redis that followed another Postgres free for this one. */
@Command(
        name = "take-over",
        description = {
            "Let Redis follow the Postgres of these settings, whichever it followed before.",
            "Stop every node that uses it first. The next node that starts compares all of it with Postgres and deletes what is not"
                    + " there. Exit code 0 when it was done, 1 when some node still uses Redis."
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
