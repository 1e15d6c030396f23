package io.keylapse.http.gateway;

import io.keylapse.key.KeyFormat;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the key in a gateway's request. */
@Singleton
final class PresentedKey {
    private static final String BEARER = "bearer ";

    private final KeyFormat format;
    private final GatewaySettings settings;

    PresentedKey(KeyFormat format, GatewaySettings settings) {
        this.format = format;
        this.settings = settings;
    }

    /** What was presented. */
    sealed interface Presented {
        record Nothing() implements Presented {}

        record Ambiguous() implements Presented {}

        record Text(String text) implements Presented {}
    }

    Presented in(HttpRequest<?> request, boolean exactly) {
        List<String> own = Stream.concat(
                        request.getHeaders().getAll(settings.keyHeader()).stream(), fromQuery(request, exactly))
                .map(String::strip)
                .filter(text -> !text.isEmpty())
                .distinct()
                .toList();
        List<String> bearers = request.getHeaders().getAll(HttpHeaders.AUTHORIZATION).stream()
                .filter(value -> value.regionMatches(true, 0, BEARER, 0, BEARER.length()))
                .map(value -> value.substring(BEARER.length()).strip())
                .filter(text -> !text.isEmpty())
                // Next to a key of its own header, a bearer token may be somebody else's.
                .filter(text -> own.isEmpty() || format.hasForm(text))
                .distinct()
                .toList();
        List<String> all =
                Stream.concat(own.stream(), bearers.stream()).distinct().toList();
        if (all.isEmpty()) {
            return new Presented.Nothing();
        }
        List<String> ours = all.stream().filter(format::hasForm).toList();
        return switch (ours.size()) {
            case 0 -> new Presented.Text(all.getFirst());
            case 1 -> new Presented.Text(ours.getFirst());
            default -> new Presented.Ambiguous();
        };
    }

    private Stream<String> fromQuery(HttpRequest<?> request, boolean exactly) {
        @Nullable String name = settings.queryParameter();
        return name == null || !exactly ? Stream.empty() : CheckQuery.values(request, name).stream();
    }
}
