package io.keylapse.app;

import static java.util.stream.Collectors.joining;

import io.keylapse.app.settings.ListeningPorts;
import io.keylapse.app.settings.RequiredSettings;
import io.keylapse.app.settings.SecretFiles;
import io.keylapse.app.settings.SettingsContextBuilder;
import io.keylapse.app.settings.UnknownVariables;
import io.keylapse.http.Draining;
import io.keylapse.http.console.ConsoleSettings;
import io.keylapse.http.description.ApiDocsSettings;
import io.keylapse.http.holder.MyKeySettings;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.BeanContext;
import io.micronaut.context.env.Environment;
import io.micronaut.http.server.HttpServerConfiguration;
import io.micronaut.http.server.exceptions.ServerStartupException;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running service, which a command starts and a signal stops. */
final class Service {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);

    /** Addresses at which "localhost" is answered. */
    private static final Set<String> HERE = Set.of("0.0.0.0", "::", "127.0.0.1", "::1");

    private final EmbeddedServer server;

    private Service(EmbeddedServer server) {
        this.server = server;
    }

    /**
     * Reads and validates the settings. Needs no stores and starts nothing.
     *
     * @param overrides settings that take precedence over the environment
     */
    static ApplicationContext prepare(Map<String, Object> overrides) {
        ApplicationContext context = new SettingsContextBuilder()
                .mainClass(Keylapse.class)
                .banner(false)
                .deduceEnvironment(false)
                .deduceCloudEnvironment(false)
                // Validate all settings at the start, not at the first request that needs one.
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
            ListeningPorts.of(environment).checkFree();
            return context;
        } catch (RuntimeException | Error e) {
            context.close();
            throw e;
        }
    }

    /** Starts the service. If it throws, it closes the context, and the process is expected to exit. */
    static Service start(ApplicationContext prepared) {
        // Now, because the server takes its settings along when it fails.
        ListeningPorts ports = ListeningPorts.of(prepared.getEnvironment());
        try {
            prepared.start();
            EmbeddedServer server = prepared.getBean(EmbeddedServer.class);
            server.start();
            var service = new Service(server);
            LOG.info(
                    "listening on {}{}",
                    service.url(),
                    service.pages().stream().map(page -> "; " + page).collect(joining()));
            return service;
        } catch (ServerStartupException e) {
            prepared.close();
            throw ports.refusal(e);
        } catch (RuntimeException | Error e) {
            prepared.close();
            throw e;
        }
    }

    /** Where a browser on this machine reaches the service. */
    String url() {
        var settings = server.getApplicationContext().getBean(HttpServerConfiguration.class);
        String host = settings.getHost().orElse("");
        boolean isHere = host.isEmpty() || HERE.contains(host);
        String named = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return server.getScheme() + "://" + (isHere ? "localhost" : named) + ":" + server.getPort()
                + Objects.requireNonNullElse(settings.getContextPath(), "");
    }

    /** The pages for people that are not switched off, each with its address: {@code console: http://…}. */
    List<String> pages() {
        BeanContext beans = server.getApplicationContext();
        var pages = new ArrayList<String>();
        if (beans.getBean(ConsoleSettings.class).enabled()) {
            pages.add("console: " + url() + "/console");
        }
        if (beans.getBean(MyKeySettings.class).enabled()) {
            pages.add("key holders: " + url() + "/my-key");
        }
        if (beans.getBean(ApiDocsSettings.class).enabled()) {
            pages.add("API reference: " + url() + "/api-docs");
        }
        return pages;
    }

    void stop() {
        server.stop();
    }

    /** Waits for SIGTERM or Ctrl-C, then stops the service and closes the foundation, such as embedded stores. */
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
                        LOG.error("the stop failed: {}", e.toString());
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
