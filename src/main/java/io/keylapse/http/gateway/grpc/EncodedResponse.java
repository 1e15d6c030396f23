package io.keylapse.http.gateway.grpc;

import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A response as bytes. It is encoded once for a cached key and sent many times; Protobuf would encode it for each call. */
final class EncodedResponse {
    /** How gRPC sends it. Nothing is read with it. */
    static final MethodDescriptor.Marshaller<EncodedResponse> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(EncodedResponse response) {
            return new Whole(response.bytes);
        }

        @Override
        public EncodedResponse parse(InputStream stream) {
            throw new UnsupportedOperationException("this is the side that responds");
        }
    };

    private final byte[] bytes;

    EncodedResponse(CheckResponse response) {
        this.bytes = response.toByteArray();
    }

    /** Written at once. gRPC would copy another stream through a buffer of its own. */
    private static final class Whole extends ByteArrayInputStream implements Drainable, KnownLength {
        Whole(byte[] bytes) {
            super(bytes);
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            int length = available();
            transferTo(target);
            return length;
        }
    }
}
