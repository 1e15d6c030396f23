package io.keylapse.http.management;

import static io.keylapse.harness.Client.quote;
import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.harness.Client.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ListKeysIT extends OneNode {
    @Test
    void the_newest_come_first() {
        String owner = owner();
        var issued = new ArrayList<Answer>();
        for (int i = 0; i < 5; i++) {
            issued.add(admin.issue(wish(owner)));
        }
        var items = admin.get("/v1/keys?owner=" + owner).json();
        assertThat(items.has("next")).isFalse();
        assertThat(items.get("items").findValuesAsText("issuedAt")).isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(idsOf(items)).containsExactlyInAnyOrderElementsOf(idsOf(issued));
        assertThat(idsOf(admin.get("/v1/keys?limit=500").json())).containsAll(idsOf(issued));
    }

    @Test
    void every_filter_finds_what_it_says() throws Exception {
        String owner = owner();
        Answer expired = admin.issue(wish(owner));
        passDeadlinesOf(owner);
        Answer revoked = admin.issue(wish(owner));
        admin.delete("/v1/keys/" + revoked.text("id"));
        Answer rotated = admin.issue(wish(owner));
        Answer successor = admin.post("/v1/keys/" + rotated.text("id") + "/rotate", "{\"grace\":\"PT0S\"}");
        Answer later = admin.issue("{\"owner\":\"%s\",\"ttl\":\"PT5H\"}".formatted(owner));

        assertThat(list("owner=" + owner)).hasSize(5);
        assertThat(list("owner=" + owner + "&state=active")).containsExactly(later.text("id"), successor.text("id"));
        assertThat(list("owner=" + owner + "&state=expired")).containsExactly(expired.text("id"));
        assertThat(list("owner=" + owner + "&state=revoked")).containsExactly(revoked.text("id"));
        assertThat(list("owner=" + owner + "&state=rotated")).containsExactly(rotated.text("id"));
        assertThat(listAll("limit=500&state=rotated"))
                .contains(rotated.text("id"))
                .doesNotContain(revoked.text("id"));
        String soon = "&expiresBefore=" + Instant.now().plusSeconds(2 * 3600);
        String late = "&expiresBefore=" + Instant.now().plusSeconds(9 * 3600);
        assertThat(list("owner=" + owner + soon)).containsExactly(successor.text("id"));
        assertThat(list("owner=" + owner + late)).containsExactly(successor.text("id"), later.text("id"));
        assertThat(list("state=active&owner=" + owner + late)).hasSize(2);
        assertThat(listAll("limit=500" + late)).contains(successor.text("id")).doesNotContain(expired.text("id"));
        assertThat(list("owner=" + owner + "&expiresBefore=" + later.text("expiresAt")))
                .containsExactly(successor.text("id"));
        assertThat(list("owner=" + owner + "x")).isEmpty();
        assertThat(list("owner=" + owner + "&state=&cursor=&limit=&expiresBefore="))
                .hasSize(5);
    }

    @Test
    void pages_are_complete_and_without_duplicates_while_keys_are_issued() {
        String owner = owner();
        var before = new ArrayList<Answer>();
        for (int i = 0; i < 20; i++) {
            before.add(admin.issue(wish(owner)));
        }
        var enough = new AtomicBoolean();
        var meanwhile = CompletableFuture.runAsync(() -> {
            while (!enough.get()) {
                admin.issue(wish(owner));
            }
        });
        var seen = new ArrayList<String>();
        String page = "/v1/keys?limit=3&owner=" + owner;
        while (page != null) {
            Answer answer = admin.get(page);
            assertThat(answer.status()).isEqualTo(200);
            seen.addAll(idsOf(answer.json()));
            page = next(answer);
        }
        enough.set(true);
        meanwhile.join();
        assertThat(seen).doesNotHaveDuplicates().containsAll(idsOf(before));
    }

    @Test
    void the_link_to_the_next_page_works_as_it_is_whatever_the_filter() {
        String owner = "a b+c&d=e%f{x}/é😀\"<>;," + owner();
        for (int i = 0; i < 5; i++) {
            admin.issue("{\"owner\":%s,\"ttl\":\"PT%dH\"}".formatted(quote(owner), 5 - i));
        }
        for (String filter : List.of("", "&state=active", "&expiresBefore=2999-01-01T00:00:00%2B01:00")) {
            var seen = new ArrayList<String>();
            String page = "/v1/keys?limit=2&owner=" + encode(owner) + filter;
            int pages = 0;
            while (page != null) {
                Answer answer = admin.get(page);
                assertThat(answer.status()).as(answer.body()).isEqualTo(200);
                assertThat(answer.json().has("next")).isEqualTo(next(answer) != null);
                seen.addAll(idsOf(answer.json()));
                page = next(answer);
                pages++;
            }
            assertThat(pages).isEqualTo(3);
            List<String> newestFirst = keysOf(owner);
            assertThat(seen).containsExactlyElementsOf(newestFirst);
        }
    }

    @Test
    void a_full_last_page_has_no_next() {
        String owner = owner();
        admin.issue(wish(owner));
        admin.issue(wish(owner));
        assertThat(next(admin.get("/v1/keys?limit=2&owner=" + owner))).isNull();
        assertThat(next(admin.get("/v1/keys?limit=1&owner=" + owner))).isNotNull();
        assertThat(admin.get("/v1/keys?limit=500").status()).isEqualTo(200);
    }

    @Test
    void by_default_a_page_has_fifty() throws Exception {
        String owner = owner();
        for (int i = 0; i < 51; i++) {
            admin.issue(wish(owner));
        }
        assertThat(list("owner=" + owner)).hasSize(50);
        assertThat(list("limit=51&owner=" + owner)).hasSize(51);
    }

    private static List<String> list(String query) {
        return idsOf(admin.get("/v1/keys?" + query).json());
    }

    /** Reads page by page, because other tests share the stores. */
    private static List<String> listAll(String query) {
        var ids = new ArrayList<String>();
        for (String path = "/v1/keys?" + query; path != null; ) {
            Answer page = admin.get(path);
            ids.addAll(idsOf(page.json()));
            path = next(page);
        }
        return ids;
    }

    private static List<String> idsOf(List<Answer> answers) {
        return answers.stream().map(answer -> answer.text("id")).toList();
    }

    private static @Nullable String next(Answer answer) {
        String link = answer.header("Link");
        if (link == null) {
            return null;
        }
        assertThat(link).matches("<[^>]+>; rel=\"next\"");
        return link.substring(1, link.indexOf('>'));
    }
}
