package io.keylapse.http.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.http.RequestTarget;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.http.filter.ServerFilterPhase;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * {@code /check} inside Micronaut, for the requests that {@code CheckHandler} does not handle: HTTP/2, and targets such as
 * {@code //check} or an absolute URI.
 *
 * <p>This is a filter and not a controller, because forward-auth proxies pass the method and path of the original request,
 * and no route matches all methods.
 */
@ServerFilter({Question.PATH, Question.PATH + "/**"})
final class CheckFilter implements Ordered {
    private final CheckEndpoint endpoint;

    CheckFilter(CheckEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    @RequestFilter
    CompletionStage<HttpResponse<?>> answer(HttpRequest<?> request) {
        var response = new CompletableFuture<HttpResponse<?>>();
        endpoint.answer(question(request), answer -> response.complete(respond(request, answer)));
        return response;
    }

    /** Before the gate, which would move each check to another thread. */
    @Override
    public int getOrder() {
        return ServerFilterPhase.SECURITY.before();
    }

    static Question question(HttpRequest<?> request) {
        HttpHeaders headers =
                DefaultHttpHeadersFactory.headersFactory().withValidation(false).newHeaders();
        request.getHeaders().forEach((name, values) -> values.forEach(value -> headers.add(name, value)));
        RequestTarget target = RequestTarget.of(request);
        return new Question(target.path(), target.query(), headers);
    }

    static HttpResponse<?> respond(HttpRequest<?> request, Answer answer) {
        byte[] body = answer.body().getBytes(UTF_8);
        MutableHttpResponse<byte[]> response = HttpResponse.status(answer.status());
        for (Iterator<CharSequence> headers = answer.headers().iterator(); headers.hasNext(); ) {
            response.header(headers.next(), headers.next().toString());
        }
        // Without it, Micronaut closes the connection after a HEAD.
        response.contentLength(body.length);
        return request.getMethod() == HttpMethod.HEAD || body.length == 0 ? response : response.body(body);
    }
}
