package io.keylapse.http.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.keylapse.http.gateway.GatewaySettings.Instance;
import io.keylapse.http.gateway.PresentedKey.Presented;
import io.keylapse.key.KeyFormat;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PresentedKeyTest {
    private static final KeyFormat FORMAT = new KeyFormat("kl", List.of("old"));

    private final PresentedKey presented = in(settings(null));
    private final String key = FORMAT.generate().reveal();
    private final String other = FORMAT.generate().reveal();

    @Test
    void nothing_is_presented_where_every_value_is_empty_or_of_another_scheme() {
        assertThat(find()).isInstanceOf(Presented.Nothing.class);
        assertThat(find("X-API-Key", "", "Authorization", "Bearer  ")).isInstanceOf(Presented.Nothing.class);
        assertThat(find("Authorization", "Basic " + key)).isInstanceOf(Presented.Nothing.class);
    }

    @Test
    void one_value_is_presented_be_it_a_key_or_not() {
        assertThat(find("X-API-Key", "junk")).isEqualTo(new Presented.Text("junk"));
        assertThat(find("Authorization", "BEARER  junk ")).isEqualTo(new Presented.Text("junk"));
    }

    @Test
    void value_of_our_form_is_presented_whatever_stands_next_to_it() {
        assertThat(find("X-API-Key", key, "Authorization", "Bearer a.b.c")).isEqualTo(new Presented.Text(key));
        assertThat(find("X-API-Key", "a.b.c", "Authorization", "Bearer " + key)).isEqualTo(new Presented.Text(key));
        assertThat(find("X-API-Key", "junk", "X-API-Key", key)).isEqualTo(new Presented.Text(key));
    }

    @Test
    void same_key_may_be_presented_twice_but_not_two() {
        assertThat(find("X-API-Key", key, "Authorization", "Bearer " + key)).isEqualTo(new Presented.Text(key));
        assertThat(find("X-API-Key", key, "Authorization", "Bearer " + other)).isInstanceOf(Presented.Ambiguous.class);
        String former = new KeyFormat("old", List.of()).generate().reveal();
        assertThat(find("X-API-Key", key, "X-API-Key", former)).isInstanceOf(Presented.Ambiguous.class);
    }

    @Test
    void query_is_looked_at_only_where_configured_and_only_on_exactly_check() {
        PresentedKey fromQuery = in(settings("k"));

        assertThat(fromQuery.in(asked("/check?k=" + key))).isEqualTo(new Presented.Text(key));
        assertThat(fromQuery.in(asked("/check/?k=" + key))).isInstanceOf(Presented.Nothing.class);
        assertThat(presented.in(asked("/check?k=" + key))).isInstanceOf(Presented.Nothing.class);
    }

    private Presented find(String... headers) {
        var all = new DefaultHttpHeaders();
        for (int i = 0; i < headers.length; i += 2) {
            all.add(headers[i], headers[i + 1]);
        }
        return presented.in(Question.of("/check", all));
    }

    private static Question asked(String target) {
        return Question.of(target, EmptyHttpHeaders.INSTANCE);
    }

    private static GatewaySettings settings(@Nullable String queryParameter) {
        return new GatewaySettings(
                "X-API-Key", "X-Required-Scopes", "scope", "keylapse", Instance.CHECK, null, false, queryParameter);
    }

    private static PresentedKey in(GatewaySettings settings) {
        return new PresentedKey(FORMAT, settings);
    }
}
