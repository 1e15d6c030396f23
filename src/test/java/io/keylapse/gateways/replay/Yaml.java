package io.keylapse.gateways.replay;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A value of a YAML file. */
record Yaml(@Nullable Object value) {
    static Yaml file(String name) throws IOException {
        return new Yaml(new org.yaml.snakeyaml.Yaml()
                .load(Files.readString(Path.of("deploy/gateways").resolve(name))));
    }

    /** The value below these names; fails if there is none. */
    Yaml at(String... names) {
        Yaml found = this;
        for (String name : names) {
            Yaml parent = found;
            found = parent.find(name).orElseThrow(() -> new AssertionError("no " + name + " in " + parent.value));
        }
        return found;
    }

    Optional<Yaml> find(String name) {
        return value instanceof Map<?, ?> map && map.containsKey(name)
                ? Optional.of(new Yaml(map.get(name)))
                : Optional.empty();
    }

    List<Yaml> list() {
        return value instanceof List<?> list ? list.stream().map(Yaml::new).toList() : List.of();
    }

    /** The names and values of a mapping. */
    List<Map.Entry<String, Yaml>> entries() {
        return value instanceof Map<?, ?> map
                ? map.entrySet().stream()
                        .map(each -> Map.entry(String.valueOf(each.getKey()), new Yaml(each.getValue())))
                        .toList()
                : List.of();
    }

    /** The element of a list whose name is this. */
    Yaml named(String name) {
        return list().stream()
                .filter(each -> each.find("name").filter(it -> it.is(name)).isPresent())
                .findFirst()
                .orElseThrow(() -> new AssertionError("none is named " + name));
    }

    boolean is(Object expected) {
        return expected.equals(value);
    }

    String text() {
        return String.valueOf(value);
    }

    List<String> texts() {
        return list().stream().map(Yaml::text).toList();
    }
}
