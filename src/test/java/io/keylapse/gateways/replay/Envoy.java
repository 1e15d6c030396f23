package io.keylapse.gateways.replay;

import io.keylapse.gateways.wire.HttpMessage;
import io.keylapse.gateways.wire.HttpMessage.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Envoy with {@code envoy.yaml}: its connection manager, routes, the filters {@code header_mutation} and {@code ext_authz}, and
 * the local reply. The filter in Lua is not replayed, so the key stays in what the backend gets.
 */
final class Envoy implements Replayed {
    private static final String HEADER_MUTATION = "envoy.filters.http.header_mutation";
    private static final String EXT_AUTHZ = "envoy.filters.http.ext_authz";
    private static final Map<String, Integer> STATUSES = Map.of("ServiceUnavailable", 503);

    private final Yaml api = connectionManager("api");
    private final Yaml checks = connectionManager("keylapse_checks");
    private final List<Integer> nodes;

    Envoy(List<Integer> nodes) throws IOException {
        this.nodes = nodes;
    }

    private static Yaml connectionManager(String listener) throws IOException {
        Yaml filters = Yaml.file("envoy/envoy.yaml")
                .at("static_resources", "listeners")
                .named(listener)
                .at("filter_chains")
                .list()
                .getFirst()
                .at("filters");
        return filters.list().getFirst().at("typed_config");
    }

    @Override
    public Outcome handle(HttpMessage asked) {
        String path = asked.target().replaceFirst("[?].*", "");
        if (api.at("path_with_escaped_slashes_action").is("REJECT_REQUEST") && path.matches("(?i).*(%2f|%5c).*")) {
            return Outcome.answered(Messages.message("HTTP/1.1 400 Bad Request", List.of(), ""));
        }
        HttpMessage request = asked;
        if (api.at("normalize_path").is(true) && api.at("merge_slashes").is(true)) {
            request = Messages.withTarget(
                    request,
                    Paths.clean(path.replace('\\', '/')) + asked.target().substring(path.length()));
        }
        if (api.at("common_http_protocol_options", "headers_with_underscores_action")
                .is("DROP_HEADER")) {
            request = Messages.withNames(request, "[^_]+");
        }
        Yaml host = api.at("route_config", "virtual_hosts").list().getFirst();
        HttpMessage routed = request;
        Yaml route = host.at("routes").list().stream()
                .filter(each -> matches(each.at("match"), routed))
                .findFirst()
                .orElseThrow();
        Optional<Yaml> direct = route.find("direct_response");
        if (direct.isPresent()) {
            String text = direct.get().at("body", "inline_string").text();
            return Outcome.answered(
                    Messages.message("HTTP/1.1 " + direct.get().at("status").text() + " Direct", List.of(), text));
        }
        request = mutate(api.at("http_filters").named(HEADER_MUTATION).at("typed_config", "mutations"), request);
        for (Yaml level : List.of(host, route)) {
            Optional<Yaml> ofLevel = perRoute(level, HEADER_MUTATION);
            if (ofLevel.isPresent()) {
                request = mutate(ofLevel.get().at("mutations"), request);
            }
        }
        boolean isDisabled = perRoute(route, EXT_AUTHZ)
                .flatMap(each -> each.find("disabled"))
                .filter(each -> each.is(true))
                .isPresent();
        return isDisabled ? Outcome.passed(request) : extAuthz(request);
    }

    private static Optional<Yaml> perRoute(Yaml level, String filter) {
        return level.find("typed_per_filter_config").flatMap(each -> each.find(filter));
    }

    private static boolean matches(Yaml match, HttpMessage request) {
        String path = request.target().replaceFirst("[?].*", "");
        return match.find("prefix")
                        .filter(each -> !path.startsWith(each.text()))
                        .isEmpty()
                && match.find("safe_regex")
                        .filter(each -> !path.matches(each.at("regex").text()))
                        .isEmpty()
                && match.find("headers").stream()
                        .flatMap(each -> each.list().stream())
                        .allMatch(each -> matchesHeader(each, request));
    }

    private static boolean matchesHeader(Yaml matcher, HttpMessage request) {
        String name = matcher.at("name").text();
        String value = name.equals(":method") ? request.method() : request.one(name);
        return matcher.find("string_match")
                .map(each -> each.at("exact").is(String.valueOf(value)))
                .orElse(value != null);
    }

    private static HttpMessage mutate(Yaml mutations, HttpMessage request) {
        HttpMessage changed = request;
        for (Yaml each : mutations.at("request_mutations").list()) {
            Optional<Yaml> removed = each.find("remove");
            if (removed.isPresent()) {
                changed = Messages.without(changed, removed.get().text());
            } else if (each.at("append", "append_action").is("OVERWRITE_IF_EXISTS_OR_ADD")) {
                Yaml header = each.at("append", "header");
                changed = Messages.with(
                        changed, header.at("key").text(), header.at("value").text());
            } else {
                throw new AssertionError("not replayed");
            }
        }
        return changed;
    }

    private Outcome extAuthz(HttpMessage request) {
        Yaml settings = api.at("http_filters").named(EXT_AUTHZ).at("typed_config");
        Yaml service = settings.at("http_service");
        var fields = new ArrayList<>(
                List.of(new Field("Host", String.valueOf(request.one("Host"))), new Field("Content-Length", "0")));
        for (Yaml pattern : settings.at("allowed_headers", "patterns").list()) {
            String name = pattern.at("exact").text();
            request.all(name).forEach(value -> fields.add(new Field(name, value)));
        }
        HttpMessage check = Messages.message(
                request.method() + " " + service.at("path_prefix").text() + request.target() + " HTTP/1.1", fields, "");
        Optional<HttpMessage> answer = ask(check);
        if (answer.isEmpty() || answer.get().status() >= 500) {
            return Outcome.answered(error(settings));
        }
        if (answer.get().status() != 200) {
            return Outcome.answered(Messages.withoutThoseOfTheConnection(answer.get()));
        }
        HttpMessage changed = request;
        for (Yaml pattern : service.at("authorization_response", "allowed_upstream_headers", "patterns")
                .list()) {
            for (String value : answer.get().all(pattern.at("exact").text())) {
                changed = Messages.with(changed, pattern.at("exact").text(), value);
            }
        }
        return Outcome.passed(changed);
    }

    /** Through the listener that repeats a check at another node. */
    private Optional<HttpMessage> ask(HttpMessage check) {
        Yaml route = checks.at("route_config", "virtual_hosts")
                .list()
                .getFirst()
                .at("routes")
                .list()
                .getFirst();
        if (!check.target().startsWith(route.at("match", "prefix").text())) {
            throw new AssertionError("no route for " + check.target());
        }
        Yaml retry = route.at("route", "retry_policy");
        List<String> on = List.of(retry.at("retry_on").text().split(",", -1));
        if (!on.containsAll(List.of("connect-failure", "reset"))) {
            throw new AssertionError("not replayed");
        }
        return Messages.ask(
                nodes,
                1 + Integer.parseInt(retry.at("num_retries").text()),
                check,
                status -> status < 500 || !on.contains("5xx"));
    }

    /** What the caller gets if a check fails: the status for errors, with what the local reply adds to it. */
    private HttpMessage error(Yaml settings) {
        int status = settings.find("status_on_error")
                .map(each -> STATUSES.get(each.at("code").text()))
                .orElse(403);
        HttpMessage reply = Messages.message("HTTP/1.1 " + status + " Error", List.of(), "");
        if (settings.at("failure_mode_allow").is(true)) {
            throw new AssertionError("fails open");
        }
        for (Yaml mapper : api.at("local_reply_config", "mappers").list()) {
            Yaml filters = mapper.at("filter", "and_filter", "filters");
            Yaml comparison = filters.list().getFirst().at("status_code_filter", "comparison");
            List<String> flags =
                    filters.list().getLast().at("response_flag_filter", "flags").texts();
            if (comparison.at("op").is("EQ")
                    && comparison.at("value", "default_value").is(status)
                    && flags.contains("UAEX")) {
                reply = Messages.message(
                        reply.start(),
                        reply.fields(),
                        mapper.at("body", "inline_string").text());
                for (Yaml each : mapper.at("headers_to_add").list()) {
                    Yaml header = each.at("header");
                    reply = Messages.with(
                            reply, header.at("key").text(), header.at("value").text());
                }
                reply = Messages.with(
                        reply,
                        "Content-Type",
                        mapper.at("body_format_override", "content_type").text());
            }
        }
        return reply;
    }

    @Override
    public String toString() {
        return "envoy";
    }
}
