package example;

import io.keylapse.client.KeylapseClient;
import io.keylapse.client.servlet.KeylapseFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import java.security.Principal;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @Bean(destroyMethod = "close")
    KeylapseClient keylapse(@Value("${keylapse.nodes}") String[] nodes) {
        return KeylapseClient.of(nodes);
    }

    @Bean
    FilterRegistrationBean<KeylapseFilter> keylapseFilter(KeylapseClient keylapse) {
        var registration = new FilterRegistrationBean<>(KeylapseFilter.demanding(
                keylapse, request -> Set.of(request.getServletPath().startsWith("/write") ? "write" : "read")));
        // Before all other filters, and also for error pages, so that nothing sees the key.
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setDispatcherTypes(EnumSet.allOf(DispatcherType.class));
        return registration;
    }

    /** The API itself: here it returns the caller and the headers that it sees. */
    @RequestMapping({"/hello", "/write/**"})
    Map<String, Object> hello(Principal caller, HttpServletRequest request) {
        var headers = new TreeMap<String, String>();
        Collections.list(request.getHeaderNames()).forEach(name -> headers.put(name, request.getHeader(name)));
        return Map.of("owner", caller.getName(), "path", request.getRequestURI(), "headers", headers);
    }
}
