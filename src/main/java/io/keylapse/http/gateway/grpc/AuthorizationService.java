package io.keylapse.http.gateway.grpc;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.keylapse.http.gateway.CheckEndpoint;

/** Envoy's check of a request. It gets the same decision as {@code /check}, in Envoy's terms. */
final class AuthorizationService implements BindableService {
    private static final MethodDescriptor<CheckRequest, EncodedResponse> CHECK =
            AuthorizationGrpc.getCheckMethod().toBuilder(
                            AuthorizationGrpc.getCheckMethod().getRequestMarshaller(), EncodedResponse.MARSHALLER)
                    .build();

    private final CheckEndpoint endpoint;
    private final RequestReader requests;
    private final ResponseWriter responses;

    AuthorizationService(CheckEndpoint endpoint, RequestReader requests, ResponseWriter responses) {
        this.endpoint = endpoint;
        this.requests = requests;
        this.responses = responses;
    }

    @Override
    public ServerServiceDefinition bindService() {
        return ServerServiceDefinition.builder(AuthorizationGrpc.SERVICE_NAME)
                .addMethod(CHECK, ServerCalls.asyncUnaryCall(this::check))
                .build();
    }

    private void check(CheckRequest request, StreamObserver<EncodedResponse> observer) {
        var gateway = (ServerCallStreamObserver<EncodedResponse>) observer;
        // With a handler, an answer after the gateway's deadline is dropped. Without one, it would be an exception.
        gateway.setOnCancelHandler(() -> {});
        RequestReader.Asked asked = requests.read(request);
        endpoint.answer(asked.question(), answer -> {
            gateway.onNext(responses.write(answer, asked.alsoToRemove()));
            gateway.onCompleted();
        });
    }
}
