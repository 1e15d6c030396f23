package io.keylapse.app;

import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.app.settings.UnknownVariables;
import io.keylapse.http.Draining;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.env.Environment;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running service: started by a command, stopped by a signal. */
final class Service {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    private final EmbeddedServer server;

    private Service(EmbeddedServer server) {
        this.server = server;
    }

    /**
     * Reads the settings and refuses those that make no sense. It needs no stores, and starts nothing.
     *
     * @param overrides settings that apply whatever the environment says
     */
    static ApplicationContext prepare(Map<String, Object> overrides) {
        ApplicationContext context = new SettingsContextBuilder()
                .mainClass(Keylapse.class)
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                // A setting that makes no sense stops the start, not the first request that needs it.
                .eagerInitConfiguration(true)
                .eagerInitSingletons(true)
                .properties(overrides)
                .build();
        try {
            Environment environment = context.getEnvironment();
            environment.start();
            UnknownVariables.warn(System.getenv().keySet());
            SecretFiles.read(environment, overrides.keySet());
            RequiredSettings.check(environment);
            return context;
        } catch (RuntimeException | Error e) {
            context.close();
            throw e;
        }
    }

    /** Starts the service, or throws: the process ends then, and with it whatever had begun. */
    static Service start(ApplicationContext prepared) {
        try {
            prepared.start();
            EmbeddedServer server = prepared.getBean(EmbeddedServer.class);
            server.start();
            LOG.info("listening on {}", server.getURI());
            return new Service(server);
        } catch (RuntimeException | Error e) {
            prepared.close();
            throw e;
        }
    }

    int port() {
        return server.getPort();
    }

    void stop() {
        server.stop();
    }

    /** Waits for SIGTERM or Ctrl-C, then stops the service and after it whatever it stood on. */
    void runUntilShutdown(AutoCloseable foundation) {
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    LOG.info("stopping");
                    try {
                        try (foundation) {
                            server.getApplicationContext()
                                    .getBean(Draining.class)
                                    .drain();
                            stop();
                        }
                        LOG.info("stopped");
                    } catch (Exception e) {
                        LOG.error("did not stop cleanly: {}", e.toString());
                    } finally {
                        stopped.countDown();
                    }
                }));
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
