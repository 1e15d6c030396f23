package io.keylapse.harness;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/** The content of {@code docker-compose.yml}. */
public record ComposeFile(Map<String, Object> content) {
    /** The file at the root of the project. */
    public static ComposeFile read() {
        try (Reader file = Files.newBufferedReader(Path.of("docker-compose.yml"))) {
            return new ComposeFile(new Yaml().load(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked") // what YAML makes of a mapping
    public Map<String, Object> service(String name) {
        return (Map<String, Object>) ((Map<String, Object>) content.get("services")).get(name);
    }

    public String image(String service) {
        return (String) service(service).get("image");
    }

    /** The command of Redis; it sets no password if {@code REDISCLI_AUTH} is not set. */
    @SuppressWarnings("unchecked") // what YAML makes of a sequence
    public List<String> redisCommand() {
        List<String> command = (List<String>) service("redis").get("command");
        // Compose reads $$ as an escaped $.
        return command.stream().map(word -> word.replace("$$", "$")).toList();
    }
}
