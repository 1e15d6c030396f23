package peer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.springframework.web.reactive.function.server.RequestPredicates.GET;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializationContext;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Mono;

/** A functional WebFlux route that looks up a key in Redis by its hash. */
@SpringBootApplication
public class Gateway {
    private ReactiveRedisTemplate<byte[], byte[]> redis;

    public static void main(String[] arguments) {
        SpringApplication.run(Gateway.class, arguments);
    }

    @Bean
    RouterFunction<ServerResponse> routes(ReactiveRedisConnectionFactory connections) {
        redis = new ReactiveRedisTemplate<>(connections, RedisSerializationContext.byteArray());
        return RouterFunctions.route(GET("/check"), this::check);
    }

    private Mono<ServerResponse> check(ServerRequest request) {
        String key = request.headers().firstHeader("X-API-Key");
        if (key == null) {
            return refuse("KEY_MISSING");
        }
        if (key.length() != 39) {
            return refuse("KEY_MALFORMED");
        }
        return redis.opsForValue()
                .get(sha256(key))
                .flatMap(Gateway::answer)
                .switchIfEmpty(Mono.defer(() -> refuse("KEY_UNKNOWN")));
    }

    private static Mono<ServerResponse> answer(byte[] entry) {
        String[] fields = new String(entry, UTF_8).split("\\|", 5);
        if (Long.parseLong(fields[0]) <= System.currentTimeMillis()) {
            return refuse("KEY_EXPIRED");
        }
        return ServerResponse.ok()
                .header("Cache-Control", "no-store")
                .header("X-Consumer-ID", fields[1])
                .header("X-Credential-Identifier", fields[2])
                .header("X-Key-Scopes", fields[3])
                .header("X-Key-Expires-At", fields[4])
                .header("Content-Length", "0")
                .build();
    }

    private static Mono<ServerResponse> refuse(String code) {
        return ServerResponse.status(HttpStatus.UNAUTHORIZED)
                .header("X-Key-Code", code)
                .header("WWW-Authenticate", "Bearer realm=\"peer\"")
                .build();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
