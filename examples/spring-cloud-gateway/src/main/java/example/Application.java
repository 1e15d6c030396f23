package example;

import io.keylapse.client.KeylapseClient;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @Bean(destroyMethod = "close")
    KeylapseClient keylapse(@Value("${keylapse.nodes}") String[] nodes) {
        return KeylapseClient.of(nodes);
    }
}
