package io.keylapse.blacklist;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.keylapse.harness.Client;
import io.keylapse.harness.Client.Answer;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullUnmarked;

/** Reads the blacklist page by page, following each {@code Link} as it is. */
@NullUnmarked
final class Reader {
    private static final Pattern LINK = Pattern.compile("<([^>]+)>; rel=\"next\"");

    private final Client client;
    private String next;

    /** @param query names and values alternate; null values are left out */
    Reader(Client client, String... query) {
        this.client = client;
        this.next = "/v1/blacklist" + query(query);
    }

    /** A query of these names and values, which alternate; null values are left out. */
    static String query(String... query) {
        var text = new StringBuilder();
        for (int i = 0; i < query.length; i += 2) {
            if (query[i + 1] != null) {
                text.append(text.isEmpty() ? '?' : '&')
                        .append(query[i])
                        .append('=')
                        .append(URLEncoder.encode(query[i + 1], UTF_8));
            }
        }
        return text.toString();
    }

    boolean hasNext() {
        return next != null;
    }

    /** The next page. */
    List<Map<String, String>> page() {
        Answer answer = client.get(next);
        assertThat(answer.status()).as(next + ": " + answer.body()).isEqualTo(200);
        String cursor = answer.text("next");
        String link = answer.header("Link");
        assertThat(link == null).as("next and Link go together").isEqualTo(cursor == null);
        if (link == null) {
            next = null;
        } else {
            var matcher = LINK.matcher(link);
            assertThat(matcher.matches()).as(link).isTrue();
            assertThat(matcher.group(1)).contains("cursor=" + URLEncoder.encode(cursor, UTF_8));
            next = matcher.group(1);
        }
        var items = new ArrayList<Map<String, String>>();
        answer.json().get("items").forEach(item -> items.add(map(item)));
        return items;
    }

    /** All entries after the last page read; if the last page has a next link, up to an empty page. */
    List<Map<String, String>> rest() {
        var all = new ArrayList<Map<String, String>>();
        while (hasNext()) {
            List<Map<String, String>> page = page();
            if (page.isEmpty()) {
                break;
            }
            all.addAll(page);
        }
        return all;
    }

    /** The names on all remaining pages. */
    List<String> restOfNames() {
        return names(rest());
    }

    static List<String> names(List<Map<String, String>> items) {
        return items.stream().map(item -> item.get("name")).toList();
    }

    static Map<String, String> map(JsonNode item) {
        var map = new LinkedHashMap<String, String>();
        item.properties().forEach(member -> {
            assertThat(member.getValue().isTextual()).as(member.toString()).isTrue();
            map.put(member.getKey(), member.getValue().asText());
        });
        return map;
    }
}
