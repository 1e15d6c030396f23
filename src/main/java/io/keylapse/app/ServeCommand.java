package io.keylapse.app;

import java.util.Map;
import picocli.CommandLine.Command;

/** Serves on stores that are there already. */
@Command(
        name = "serve",
        description = "Serve, on the Postgres and the Redis that the environment names.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Runnable {
    @Override
    public void run() {
        Service.start(Service.prepare(Map.of())).runUntilShutdown(() -> {});
    }
}
