package io.keylapse.http.gateway;

import io.keylapse.check.Verdict;
import io.keylapse.http.HeaderText;
import io.keylapse.http.Rfc3339;
import io.micronaut.http.HttpStatus;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How a good key is answered: the answer is kept with the verdict, for as long as a node remembers that. */
final class GoodAnswers {
    static final AsciiString CACHE_CONTROL = AsciiString.cached("Cache-Control");
    static final AsciiString NO_STORE = AsciiString.cached("no-store");

    private static final AsciiString X_CONSUMER_ID = AsciiString.cached("X-Consumer-ID");
    private static final AsciiString X_CREDENTIAL_IDENTIFIER = AsciiString.cached("X-Credential-Identifier");
    private static final AsciiString X_KEY_SCOPES = AsciiString.cached("X-Key-Scopes");
    private static final AsciiString X_KEY_EXPIRES_AT = AsciiString.cached("X-Key-Expires-At");

    private GoodAnswers() {}

    static Answer of(Verdict.Good verdict) {
        return verdict.worded(GoodAnswers::make);
    }

    private static Answer make(Verdict.Good good) {
        var headers = new ArrayList<CharSequence>(List.of(
                CACHE_CONTROL,
                NO_STORE,
                X_CONSUMER_ID,
                new AsciiString(HeaderText.encode(good.owner())),
                X_CREDENTIAL_IDENTIFIER,
                new AsciiString(good.id().toString()),
                X_KEY_SCOPES,
                new AsciiString(good.scopes().stream().map(HeaderText::encode).collect(Collectors.joining(" ")))));
        if (good.expiresAt() != null) {
            headers.add(X_KEY_EXPIRES_AT);
            headers.add(new AsciiString(Rfc3339.format(good.expiresAt())));
        }
        return new Answer(HttpStatus.OK, List.copyOf(headers), "");
    }
}
