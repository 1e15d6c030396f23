package io.keylapse.http.gateway.grpc;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.keylapse.check.Verdict;
import io.keylapse.http.gateway.Answer;
import io.keylapse.http.gateway.GatewaySettings;
import io.keylapse.key.input.Rfc3339;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * Says a response in Envoy's terms. Headers always replace those of the same name, and identity headers that a key does not
 * have are removed, so that a caller's own never reach the backend.
 */
final class ResponseWriter {
    private final String keyHeader;
    private final Function<Answer, EncodedResponse> encode = this::encode;

    ResponseWriter(GatewaySettings settings) {
        this.keyHeader = settings.keyHeader();
    }

    /** @param alsoToRemove headers of the request that the backend must not get, besides the key header */
    EncodedResponse write(Answer answer, List<String> alsoToRemove) {
        if (alsoToRemove.isEmpty() || answer.good() == null) {
            return answer.sentAsMessage(encode);
        }
        CheckResponse.Builder response = make(answer).toBuilder();
        response.getOkResponseBuilder().addAllHeadersToRemove(alsoToRemove);
        return new EncodedResponse(response.build());
    }

    private EncodedResponse encode(Answer answer) {
        return new EncodedResponse(make(answer));
    }

    private CheckResponse make(Answer answer) {
        Verdict.Good good = answer.good();
        return good == null ? denied(answer) : ok(answer, good);
    }

    private CheckResponse ok(Answer answer, Verdict.Good good) {
        OkHttpResponse.Builder response = OkHttpResponse.newBuilder().addHeadersToRemove(keyHeader);
        var absent = new ArrayList<>(Answer.IDENTITY);
        for (Iterator<CharSequence> headers = answer.headers().iterator(); headers.hasNext(); ) {
            String name = headers.next().toString();
            CharSequence value = headers.next();
            // The others, such as Cache-Control, are for the gateway.
            if (absent.remove(name)) {
                response.addHeaders(header(name, value));
            }
        }
        return CheckResponse.newBuilder()
                .setStatus(Status.newBuilder().setCode(Code.OK_VALUE))
                .setOkResponse(response.addAllHeadersToRemove(absent))
                .setDynamicMetadata(metadata(good))
                .build();
    }

    private static CheckResponse denied(Answer answer) {
        int status = answer.status().getCode();
        DeniedHttpResponse.Builder response = DeniedHttpResponse.newBuilder()
                .setStatus(HttpStatus.newBuilder().setCodeValue(status))
                .setBody(answer.body());
        for (Iterator<CharSequence> headers = answer.headers().iterator(); headers.hasNext(); ) {
            response.addHeaders(header(headers.next(), headers.next()));
        }
        return CheckResponse.newBuilder()
                .setStatus(Status.newBuilder().setCode(code(status)))
                .setDeniedResponse(response)
                .build();
    }

    private static int code(int status) {
        return switch (status) {
            case 400 -> Code.INVALID_ARGUMENT_VALUE;
            case 401 -> Code.UNAUTHENTICATED_VALUE;
            case 403 -> Code.PERMISSION_DENIED_VALUE;
            case 503 -> Code.UNAVAILABLE_VALUE;
            default -> Code.INTERNAL_VALUE;
        };
    }

    private static HeaderValueOption header(CharSequence name, CharSequence value) {
        return HeaderValueOption.newBuilder()
                .setHeader(HeaderValue.newBuilder().setKey(name.toString()).setValue(value.toString()))
                .setAppendAction(HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                // A key without scopes has an empty header.
                .setKeepEmptyValue(true)
                .build();
    }

    private static Struct metadata(Verdict.Good good) {
        ListValue.Builder scopes = ListValue.newBuilder();
        good.scopes().forEach(scope -> scopes.addValues(text(scope)));
        Struct.Builder metadata = Struct.newBuilder()
                .putFields("keyId", text(good.id().toString()))
                .putFields("owner", text(good.owner()))
                .putFields("scopes", Value.newBuilder().setListValue(scopes).build());
        if (good.expiresAt() != null) {
            metadata.putFields("expiresAt", text(Rfc3339.format(good.expiresAt())));
        }
        return metadata.build();
    }

    private static Value text(String text) {
        return Value.newBuilder().setStringValue(text).build();
    }
}
