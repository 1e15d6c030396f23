package io.keylapse.app;

import java.util.Map;
import picocli.CommandLine.Command;

/** Serves on an existing Postgres and Redis. */
@Command(name = "serve", description = "Run a node on the configured stores.", mixinStandardHelpOptions = true)
final class ServeCommand implements Runnable {
    @Override
    public void run() {
        Service.start(Service.prepare(Map.of())).runUntilShutdown(() -> {});
    }
}
