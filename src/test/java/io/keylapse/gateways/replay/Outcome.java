package io.keylapse.gateways.replay;

import io.keylapse.gateways.wire.HttpMessage;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway does with a request.
 *
 * @param passed what the backend gets; null if it gets nothing
 * @param answer what the caller gets; null if that is the backend's answer
 */
record Outcome(@Nullable HttpMessage passed, @Nullable HttpMessage answer) {
    static Outcome passed(HttpMessage request) {
        return new Outcome(request, null);
    }

    static Outcome answered(HttpMessage answer) {
        return new Outcome(null, answer);
    }

    HttpMessage backendGets() {
        if (passed == null) {
            throw new AssertionError("not passed: " + answer);
        }
        return passed;
    }

    HttpMessage callerGets() {
        if (answer == null) {
            throw new AssertionError("passed: " + passed);
        }
        return answer;
    }
}
