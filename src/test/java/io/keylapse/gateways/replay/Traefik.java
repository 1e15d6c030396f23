package io.keylapse.gateways.replay;

import static java.util.Comparator.comparingInt;

import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Traefik 3 with {@code traefik.yml} and {@code keylapse.yml}: an entry point, its routers, and the middlewares {@code
 * headers}, {@code forwardAuth} and {@code retry}.
 */
final class Traefik implements Replayed {
    private static final Pattern MATCHER = Pattern.compile("(\\w+)\\(`([^`]*)`(?:, `([^`]*)`)?\\)");
    private static final Map<String, String> ENCODED = Map.of(
            "allowEncodedSlash", "%2f",
            "allowEncodedBackSlash", "%5c",
            "allowEncodedNullCharacter", "%00",
            "allowEncodedSemicolon", "%3b");

    private final Yaml web = Yaml.file("traefik/traefik.yml").at("entryPoints", "web", "http");
    private final Yaml http = Yaml.file("traefik/keylapse.yml").at("http");
    private final List<Integer> nodes;

    Traefik(List<Integer> nodes) throws IOException {
        this.nodes = nodes;
    }

    @Override
    public Outcome handle(HttpMessage asked) {
        String path = asked.target().replaceFirst("[?].*", "");
        for (var each : ENCODED.entrySet()) {
            if (web.at("encodedCharacters", each.getKey()).is(false)
                    && path.toLowerCase(Locale.ROOT).contains(each.getValue())) {
                return Outcome.answered(Messages.message("HTTP/1.1 400 Bad Request", List.of(), ""));
            }
        }
        HttpMessage request = asked;
        if (web.at("sanitizePath").is(true)) {
            request = Messages.withTarget(
                    request, Paths.clean(path) + asked.target().substring(path.length()));
        }
        if (web.at("aliasHeadersStrategy").is("delete")) {
            request = Messages.withNames(request, "[0-9A-Za-z-]+");
        }
        Yaml router = router("web", request).orElseThrow();
        for (String name : router.at("middlewares").texts()) {
            Yaml middleware = http.at("middlewares", name);
            Optional<Yaml> forwardAuth = middleware.find("forwardAuth");
            if (forwardAuth.isPresent()) {
                Outcome decided = forwardAuth(forwardAuth.get(), request);
                if (decided.answer() != null) {
                    return decided;
                }
                request = decided.backendGets();
            } else {
                request = headers(middleware.at("headers", "customRequestHeaders"), request);
            }
        }
        return Outcome.passed(Messages.withoutThoseOfTheConnection(request));
    }

    /** The router of that entry point with the highest priority whose rule holds. */
    private Optional<Yaml> router(String entryPoint, HttpMessage request) {
        return http.at("routers").entries().stream()
                .map(Map.Entry::getValue)
                .filter(each -> each.at("entryPoints").texts().contains(entryPoint))
                .filter(each -> holds(each.at("rule").text(), request))
                .max(comparingInt(each -> each.find("priority")
                        .map(it -> Integer.parseInt(it.text()))
                        .orElse(0)));
    }

    private static boolean holds(String rule, HttpMessage request) {
        String path = request.target().replaceFirst("[?].*", "");
        for (String each : rule.split("&&", -1)) {
            Matcher matcher = MATCHER.matcher(each.strip());
            if (!matcher.matches()) {
                throw new AssertionError("unknown: " + each);
            }
            String first = matcher.group(2);
            boolean holds = switch (matcher.group(1)) {
                case "PathPrefix" -> path.startsWith(first);
                case "Path" -> path.equals(first);
                case "Method" -> request.method().equals(first);
                case "HeaderRegexp" ->
                    request.all(first).stream()
                            .anyMatch(value -> Pattern.compile(matcher.group(3))
                                    .matcher(value)
                                    .find());
                default -> throw new AssertionError("unknown: " + each);
            };
            if (!holds) {
                return false;
            }
        }
        return true;
    }

    /** An empty value removes a header. */
    private static HttpMessage headers(Yaml custom, HttpMessage request) {
        HttpMessage changed = request;
        for (var each : custom.entries()) {
            changed = each.getValue().text().isEmpty()
                    ? Messages.without(changed, each.getKey())
                    : Messages.with(changed, each.getKey(), each.getValue().text());
        }
        return changed;
    }

    private Outcome forwardAuth(Yaml settings, HttpMessage request) {
        URI address = URI.create(settings.at("address").text());
        var fields = new ArrayList<Field>();
        for (String name : settings.at("authRequestHeaders").texts()) {
            request.all(name).forEach(value -> fields.add(new Field(name, value)));
        }
        // Because of trustForwardHeader: false, none of them are the caller's.
        if (!settings.at("trustForwardHeader").is(false)) {
            throw new AssertionError("not replayed");
        }
        fields.add(new Field("X-Forwarded-For", "127.0.0.1"));
        fields.add(new Field("X-Forwarded-Method", request.method()));
        fields.add(new Field("X-Forwarded-Proto", "http"));
        fields.add(new Field("X-Forwarded-Host", String.valueOf(request.one("Host"))));
        fields.add(new Field("X-Forwarded-Uri", request.target()));
        fields.add(new Field("Host", address.getAuthority()));
        HttpMessage answer = check(Messages.message(
                "GET " + address.getRawPath() + "?" + address.getRawQuery() + " HTTP/1.1", fields, ""));
        if (answer.status() < 200 || answer.status() > 299) {
            return Outcome.answered(Messages.withoutThoseOfTheConnection(answer));
        }
        HttpMessage changed = request;
        for (String name : settings.at("authResponseHeaders").texts()) {
            changed = Messages.without(changed, name);
            for (String value : answer.all(name)) {
                changed = Messages.with(changed, name, value);
            }
        }
        return Outcome.passed(changed);
    }

    /** Through the entry point {@code keylapse}. */
    private HttpMessage check(HttpMessage request) {
        Yaml router = router("keylapse", request).orElseThrow();
        Yaml retry = http.at("middlewares", router.at("middlewares").texts().getFirst(), "retry");
        String[] retried = retry.at("status").texts().getFirst().split("-", -1);
        return Messages.ask(
                        nodes,
                        Integer.parseInt(retry.at("attempts").text()),
                        request,
                        status -> status < Integer.parseInt(retried[0]) || status > Integer.parseInt(retried[1]))
                .orElseGet(() -> Messages.message("HTTP/1.1 502 Bad Gateway", List.of(), "Bad Gateway"));
    }

    @Override
    public String toString() {
        return "traefik";
    }
}
