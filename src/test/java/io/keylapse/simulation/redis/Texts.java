package io.keylapse.simulation.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Formats values for traces. */
final class Texts {
    private Texts() {}

    static String of(Object value) {
        return switch (value) {
            case null -> "nothing";
            case byte[] bytes
            when bytes.length >= 29 && bytes[0] > 'A' && bytes[1] == 0 -> (char) bytes[0] + "" + bytes[4];
            case byte[] bytes
            when bytes.length == 32 || bytes.length == 16 ->
                ModelScripts.hex(bytes).substring(0, 6);
            case byte[] bytes when bytes.length > 0 && bytes[bytes.length - 1] < ' ' -> ModelScripts.hex(bytes);
            case byte[] bytes -> new String(bytes, StandardCharsets.UTF_8);
            case Object[] many -> of(List.of(many));
            case List<?> list -> list.stream().map(Texts::of).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> row ->
                new TreeMap<>(row)
                        .entrySet().stream()
                                .map(each -> each.getKey() + "=" + of(each.getValue()))
                                .collect(Collectors.joining(" ", "{", "}"));
            case io.lettuce.core.KeyScanCursor<?> page -> "names " + of(page.getKeys());
            default -> value.toString();
        };
    }
}
