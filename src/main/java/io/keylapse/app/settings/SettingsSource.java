package io.keylapse.app.settings;

import static java.util.Comparator.comparing;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;

import io.micronaut.context.env.MapPropertySource;
import io.micronaut.context.env.PropertySource;
import io.micronaut.core.naming.NameUtils;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A property source whose values and list items are trimmed. Blank ones are dropped, as if they were not set.
 *
 * <p>Only names that begin like those of Keylapse's and Micronaut's settings are changed: the system property {@code
 * line.separator}, for instance, consists of white space.
 */
final class SettingsSource extends MapPropertySource {
    private static final List<String> OURS = List.of("KEYLAPSE_", "MICRONAUT_", "ENDPOINTS_", "LOGGER_");

    /** The name of a list item, such as {@code KEYLAPSE_TRUSTED_PROXIES_0} or {@code ...trusted-proxies[0]}. */
    private static final Pattern ITEM = Pattern.compile("(.+?)(?:_|\\[)([0-9]+)]?");

    private final PropertySource source;
    private final PropertyConvention convention;

    SettingsSource(PropertySource source, PropertyConvention convention) {
        super(source.getName(), trimmed(source, convention));
        this.source = source;
        this.convention = convention;
    }

    private record Item(String list, BigInteger index, Object value) {}

    private static Map<String, Object> trimmed(PropertySource source, PropertyConvention convention) {
        var values = new LinkedHashMap<String, Object>();
        var items = new ArrayList<Item>();
        for (String name : source) {
            String variable = convention == PropertyConvention.ENVIRONMENT_VARIABLE
                    ? name
                    : KnownSettings.variable(NameUtils.hyphenate(name, true));
            Object value = source.get(name);
            Matcher item = ITEM.matcher(variable);
            if (OURS.stream().noneMatch(variable::startsWith)) {
                values.put(name, value);
            } else if (KnownSettings.isList(variable)) {
                put(values, name, items(value));
            } else if (item.matches() && KnownSettings.isList(item.group(1))) {
                String list = name.substring(0, name.length() - (variable.length() - item.end(1)));
                items.add(new Item(list, new BigInteger(item.group(2)), value));
            } else {
                trimmed(value).forEach(trimmed -> values.put(name, trimmed));
            }
        }
        // Renumbers the items, because Micronaut ignores a list with a gap.
        items.stream()
                .sorted(comparing(Item::index))
                .collect(groupingBy(Item::list, mapping(Item::value, toList())))
                .forEach((list, parts) -> put(
                        values,
                        list,
                        parts.stream().flatMap(SettingsSource::trimmed).toList()));
        return values;
    }

    private static void put(Map<String, Object> values, String name, List<?> items) {
        if (!items.isEmpty()) {
            values.put(name, items);
        }
    }

    private static List<?> items(Object value) {
        if (value instanceof Collection<?> list) {
            return list.stream()
                    .filter(Objects::nonNull)
                    .flatMap(SettingsSource::trimmed)
                    .toList();
        }
        return value instanceof CharSequence text
                ? SettingText.items(text.toString())
                : trimmed(value).toList();
    }

    /** The trimmed value; empty if it is blank. */
    private static Stream<?> trimmed(Object value) {
        return value instanceof CharSequence text
                ? SettingText.given(text.toString()).stream()
                : Stream.ofNullable(value);
    }

    @Override
    public PropertyConvention getConvention() {
        return convention;
    }

    @Override
    public Origin getOrigin() {
        return source.getOrigin();
    }

    @Override
    public int getOrder() {
        return source.getOrder();
    }
}
