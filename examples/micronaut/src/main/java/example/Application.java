package example;

import io.keylapse.client.CheckResult;
import io.keylapse.client.KeylapseClient;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.RequestAttribute;
import io.micronaut.runtime.Micronaut;
import java.util.Map;
import java.util.TreeMap;

@Factory
@Controller
public class Application {
    public static void main(String[] arguments) {
        Micronaut.run(Application.class, arguments);
    }

    @Bean(preDestroy = "close")
    KeylapseClient keylapse(@Value("${keylapse.nodes}") String nodes) {
        return KeylapseClient.of(nodes.split(","));
    }

    /** The API itself: here it returns the caller and the headers that it sees. */
    @Get("/hello")
    Map<String, Object> hello(@RequestAttribute("key") CheckResult.Good key, HttpRequest<?> request) {
        var headers = new TreeMap<String, String>();
        request.getHeaders().forEach((name, values) -> headers.put(name, String.join(",", values)));
        return Map.of("owner", key.owner(), "path", request.getPath(), "headers", headers);
    }

    @Get("/write{/what}")
    @RequiredScopes("write")
    Map<String, Object> write(@RequestAttribute("key") CheckResult.Good key, HttpRequest<?> request) {
        return hello(key, request);
    }

    @Post(uri = "/write{/what}", consumes = MediaType.ALL)
    @RequiredScopes("write")
    String write(@Body String text) {
        return text;
    }
}
