package io.keylapse.app.settings;

import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.util.StringUtils;
import io.micronaut.http.server.exceptions.ServerStartupException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The TCP ports that the service listens on, and the check that they are free. Without the check, a port in use would be
 * detected only seconds later, after the stores have been started and connected.
 */
public final class ListeningPorts {
    private static final int HIGHEST = 65_535;

    /** The port at the end of the message of Micronaut's exception, after the host. */
    private static final Pattern ADDRESS = Pattern.compile(":(\\d+)$");

    /** The setting of the port for metrics and health, and its older name. */
    private static final List<String> OBSERVATION = List.of("keylapse.observation-port", "endpoints.all.port");

    private final Optional<String> host;
    private final Port main;
    private final List<Port> all;

    /** The ports in these settings. The function returns the value of a setting by its name. */
    public ListeningPorts(Function<String, Optional<String>> settings) {
        boolean isTls = settings.apply("micronaut.server.ssl.enabled")
                .map(value -> StringUtils.isTrue(value))
                .orElse(false);
        host = settings.apply("micronaut.server.host");
        main = isTls
                ? Port.of(settings, "micronaut.server.ssl.port", 8443)
                : Port.of(settings, "micronaut.server.port", 8080);
        all = Stream.of(
                        main,
                        Port.of(settings, "keylapse.gateway.port", 0),
                        Port.of(settings, "keylapse.grpc.port", 0),
                        Port.of(settings, OBSERVATION.getFirst(), 0),
                        Port.of(settings, OBSERVATION.getLast(), 0))
                // Ports out of range are refused elsewhere, with the name of their setting.
                .filter(port -> port.number() > 0 && port.number() <= HIGHEST)
                .toList();
    }

    /** The ports in the settings of an environment. */
    public static ListeningPorts of(Environment environment) {
        return new ListeningPorts(setting -> KnownSettings.text(environment, setting));
    }

    /** A port and its setting. A number of 0 or less means no port, or a random one. */
    private record Port(String setting, int number) {
        static Port of(Function<String, Optional<String>> settings, String setting, int byDefault) {
            try {
                return new Port(
                        setting, settings.apply(setting).map(Integer::parseInt).orElse(byDefault));
            } catch (NumberFormatException _) {
                // Other checks refuse a value that is not a number.
                return new Port(setting, 0);
            }
        }

        ConfigurationException refusal(String why, Throwable cause) {
            String variable = KnownSettings.variable(setting);
            return new ConfigurationException(
                    why.contains(InUse.TEXT)
                            ? "Port " + number + " is already in use. Stop the other program, or set " + variable + "."
                            : "Port " + number + " cannot be listened on (" + why + "). Set " + variable
                                    + " to another port, or MICRONAUT_SERVER_HOST to another address.",
                    cause);
        }
    }

    /** The system's words for a port that is in use, in the language of the environment. */
    private static final class InUse {
        static final String TEXT = text();

        private static String text() {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            try (var taken = new ServerSocket(0, 1, loopback);
                    var _ = new ServerSocket(taken.getLocalPort(), 1, loopback)) {
                throw new IllegalStateException("two sockets listen on one port");
            } catch (IOException e) {
                return String.valueOf(e.getMessage());
            }
        }
    }

    /**
     * Checks that no two settings name the same port, and that all ports are free, by listening on each for a moment with
     * the same options as the server.
     *
     * @throws ConfigurationException in one line, if one cannot be listened on
     */
    public void checkFree() {
        checkDistinct();
        all.forEach(port -> {
            try (var probe = new ServerSocket()) {
                probe.setReuseAddress(true);
                probe.bind(host.map(name -> new InetSocketAddress(name, port.number()))
                        .orElseGet(() -> new InetSocketAddress(port.number())));
            } catch (IOException e) {
                throw port.refusal(String.valueOf(e.getMessage()), e);
            }
        });
    }

    private void checkDistinct() {
        var seen = new HashMap<Integer, Port>();
        for (Port port : all) {
            Port other = seen.putIfAbsent(port.number(), port);
            // Micronaut serves its endpoints on the main port if both settings name the same.
            if (other != null && !(other.equals(main) && OBSERVATION.contains(port.setting()))) {
                throw new ConfigurationException(KnownSettings.variable(port.setting()) + " and "
                        + KnownSettings.variable(other.setting()) + " are both " + port.number()
                        + ". Set one of them to another port.");
            }
        }
    }

    /** The same message for a port that was taken when the server started; the failure itself if it has another cause. */
    public RuntimeException refusal(ServerStartupException failure) {
        if (!isAboutPort(failure)) {
            return failure;
        }
        int number = main.number();
        Throwable deepest = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            Matcher address = ADDRESS.matcher(String.valueOf(cause.getMessage()));
            if (cause instanceof ServerStartupException && address.find()) {
                number = Integer.parseInt(address.group(1));
            }
            deepest = cause;
        }
        int taken = number;
        return all.stream()
                .filter(port -> port.number() == taken)
                .findFirst()
                .orElse(new Port(main.setting(), taken))
                .refusal(String.valueOf(deepest.getMessage()), failure);
    }

    /** Netty's native transport throws its own exception, with a message that begins with "bind(". */
    private static boolean isAboutPort(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException
                    || String.valueOf(cause.getMessage()).startsWith("bind(")) {
                return true;
            }
        }
        return false;
    }
}
