package example;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.springframework.cloud.gateway.support.ServerWebExchangeUtils.GATEWAY_ROUTE_ATTR;

import io.keylapse.client.CallerHeaders;
import io.keylapse.client.CheckResult;
import io.keylapse.client.KeylapseClient;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.springframework.cloud.gateway.filter.GatewayFilterChain;
import org.springframework.cloud.gateway.filter.GlobalFilter;
import org.springframework.cloud.gateway.route.Route;
import org.springframework.core.Ordered;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Checks the key of each request, with the scopes of its route, before any other filter sees it. */
@Component
class KeylapseFilter implements GlobalFilter, Ordered {
    /** Paths that the backend may interpret as another route. */
    private static final Pattern AMBIGUOUS = Pattern.compile("(?i)//|[;\\\\]|%2[ef]|%3b|%5c|/\\.{1,2}(?:/|$)");

    private final CallerHeaders rules = new CallerHeaders();
    private final KeylapseClient keylapse;

    KeylapseFilter(KeylapseClient keylapse) {
        this.keylapse = keylapse;
    }

    @Override
    public Mono<Void> filter(ServerWebExchange exchange, GatewayFilterChain chain) {
        HttpHeaders headers = exchange.getRequest().getHeaders();
        if (AMBIGUOUS.matcher(exchange.getRequest().getURI().getRawPath()).find()) {
            exchange.getResponse().setRawStatusCode(400);
            return exchange.getResponse().setComplete();
        }
        Route route = exchange.getRequiredAttribute(GATEWAY_ROUTE_ATTR);
        String scopes = route.getMetadata().getOrDefault("scopes", "not-configured").toString();
        List<String> keys = rules.keys(headers::getOrEmpty);
        // The client blocks, so this must not run on an event loop.
        return Mono.fromCallable(() ->
                        keylapse.checkPresented(keys, scopes.equals("any") ? Set.of() : List.of(scopes.split(" "))))
                .subscribeOn(Schedulers.boundedElastic())
                .flatMap(result -> result instanceof CheckResult.Good good
                        ? chain.filter(identified(exchange, keys, good))
                        : reject(exchange.getResponse(), (CheckResult.Rejection) result));
    }

    private ServerWebExchange identified(ServerWebExchange exchange, List<String> keys, CheckResult.Good good) {
        return exchange.mutate().request(request -> request.headers(headers -> {
            for (String name : Set.copyOf(headers.headerNames())) {
                if (!headers.getOrEmpty(name).stream().allMatch(value -> rules.mayPass(name, value, keys))) {
                    headers.remove(name);
                }
            }
            good.headers().forEach(headers::set);
        })).build();
    }

    private static Mono<Void> reject(ServerHttpResponse response, CheckResult.Rejection rejection) {
        response.setStatusCode(HttpStatusCode.valueOf(rejection.status()));
        rejection.headers().forEach(response.getHeaders()::set);
        return response.writeWith(
                Mono.just(response.bufferFactory().wrap(rejection.body().getBytes(UTF_8))));
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE;
    }
}
