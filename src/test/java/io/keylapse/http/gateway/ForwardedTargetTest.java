package io.keylapse.http.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.EmptyHttpHeaders;
import java.net.URI;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForwardedTargetTest {
    @ParameterizedTest
    @CsvSource({
        "/check/a|b, /check/a%7Cb",
        "/check/{x}^`, /check/%7Bx%7D%5E%60",
        "/check/%zz%4, /check/%25zz%254",
        "/check/%, /check/%25",
        "/check/%%41, /check/%25%41",
        "/check/\u00C3\u00A9, /check/%C3%A9",
        "/check/[#], /check/%5B%23%5D",
        "/check?scope=a|b, /check?scope=a%7Cb"
    })
    void what_a_uri_may_not_hold_is_encoded(String target, String expected) {
        assertThat(forwarded(target)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/check", "/check/", "/check?scope=a&scope=b+c%20d%7c", "/check//a/../b;c=d/-._~!$&'()*+,;=:@?/?"
            })
    void what_is_a_uri_stays_as_it_is(String target) {
        assertThat(forwarded(target)).isEqualTo(target);
    }

    @ParameterizedTest
    @CsvSource({
        "/check, true",
        "/check/, true",
        "/check?, true",
        "/check/x, true",
        "/checks, false",
        "/checked|, false",
        "/v1/keys/|, false",
        "//check, false",
        "/chec, false",
        "*, false",
        "http://x/check, false"
    })
    void what_is_ours_is_check_and_below(String target, boolean ours) {
        assertThat(Question.isAskedBy(target)).isEqualTo(ours);
    }

    @Test
    void every_target_becomes_a_uri_and_only_once() {
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        for (int i = 0; i < 10_000; i++) {
            var target = new StringBuilder("/check/");
            random.ints(random.nextInt(20), 0x21, 0x100).forEach(c -> target.append((char) c));
            String uri = ForwardedTarget.readable(target.toString());
            assertThat(URI.create(uri).getRawPath()).startsWith("/check/");
            assertThat(ForwardedTarget.readable(uri)).isEqualTo(uri);
        }
    }

    @Test
    void digits_of_another_script_encode_nothing() {
        assertThat(ForwardedTarget.readable("/check/%\uFF14\uFF11")).startsWith("/check/%25");
    }

    private static String forwarded(String target) {
        Question question = Question.of(target, EmptyHttpHeaders.INSTANCE);
        return question.query() == null ? question.path() : question.path() + "?" + question.query();
    }
}
