package io.keylapse.http.connection;

import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.junit.jupiter.api.Test;

/** When a connection ends with an answer. */
class ExchangeTest {
    private final Exchange exchange = new Exchange();

    @Test
    void connection_stays_open_for_the_next_request_after_an_answer() {
        HttpResponse response = response();
        exchange.begin(request(5));
        exchange.endBody();
        exchange.beginAnswer(response);
        assertThat(exchange.isUnderWay()).isTrue();
        assertThat(exchange.hasBegunAnswer()).isTrue();
        exchange.endAnswer();
        assertThat(exchange.isLast()).isFalse();
        assertThat(exchange.isUnderWay()).isFalse();
        assertThat(exchange.hasBegunAnswer()).isFalse();
        assertThat(response.headers().contains(CONNECTION)).isFalse();
    }

    @Test
    void answer_before_the_body_has_arrived_ends_the_connection_and_says_so() {
        HttpResponse response = response();
        exchange.begin(request(5));
        exchange.beginAnswer(response);
        assertThat(exchange.isLast()).isTrue();
        assertThat(response.headers().get(CONNECTION)).isEqualTo("close");
    }

    @Test
    void answer_to_a_request_without_a_body_may_begin_before_its_end() {
        exchange.begin(request(0));
        exchange.beginAnswer(response());
        assertThat(exchange.isLast()).isFalse();
    }

    @Test
    void answer_that_closes_the_connection_is_the_last() {
        HttpResponse response = response();
        response.headers().set(CONNECTION, "Close");
        exchange.begin(request(0));
        exchange.endBody();
        exchange.beginAnswer(response);
        assertThat(exchange.isLast()).isTrue();
    }

    @Test
    void connection_that_is_to_end_stays_so_whatever_the_answer_says() {
        exchange.makeLast();
        exchange.begin(request(0));
        exchange.endBody();
        exchange.beginAnswer(response());
        assertThat(exchange.isLast()).isTrue();
    }

    @Test
    void body_is_whole_from_its_end_until_the_next_request() {
        assertThat(exchange.hasWholeBody()).isTrue();
        exchange.begin(request(5));
        assertThat(exchange.hasWholeBody()).isFalse();
        exchange.endBody();
        assertThat(exchange.hasWholeBody()).isTrue();
        exchange.begin(request(5));
        assertThat(exchange.hasWholeBody()).isFalse();
    }

    private static HttpRequest request(int length) {
        var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/v1/keys");
        request.headers().set(CONTENT_LENGTH, length);
        return request;
    }

    private static HttpResponse response() {
        return new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    }
}
