package io.keylapse.http.gateway.grpc;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.keylapse.http.gateway.CheckEndpoint;

/** Envoy's check of a request. It gets the same decision as {@code /check}, in Envoy's terms. */
final class AuthorizationService extends AuthorizationGrpc.AuthorizationImplBase {
    private final CheckEndpoint endpoint;
    private final RequestReader requests;
    private final ResponseWriter responses;

    AuthorizationService(CheckEndpoint endpoint, RequestReader requests, ResponseWriter responses) {
        this.endpoint = endpoint;
        this.requests = requests;
        this.responses = responses;
    }

    @Override
    public void check(CheckRequest request, StreamObserver<CheckResponse> observer) {
        var gateway = (ServerCallStreamObserver<CheckResponse>) observer;
        // With a handler, an answer after the gateway's deadline is dropped. Without one, it would be an exception.
        gateway.setOnCancelHandler(() -> {});
        RequestReader.Asked asked = requests.read(request);
        endpoint.answer(asked.question(), answer -> {
            gateway.onNext(responses.write(answer, asked.alsoToRemove()));
            gateway.onCompleted();
        });
    }
}
