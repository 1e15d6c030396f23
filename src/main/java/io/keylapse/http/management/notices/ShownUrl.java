package io.keylapse.http.management.notices;

import io.keylapse.http.access.ManagementGate;
import io.keylapse.security.management.Permission;
import io.micronaut.http.HttpRequest;
import java.util.regex.Pattern;

/**
 * How much of a webhook's URL a caller sees. The query often contains a secret of the receiver, so only callers who may
 * manage webhooks see it.
 */
enum ShownUrl {
    WHOLE,
    WITHOUT_SECRETS;

    private static final Pattern USER_INFO = Pattern.compile("//[^/?#]*@");
    private static final Pattern QUERY = Pattern.compile("[?#].*");

    static ShownUrl to(HttpRequest<?> request) {
        return ManagementGate.callerOf(request).role().may(Permission.MANAGE_WEBHOOKS) ? WHOLE : WITHOUT_SECRETS;
    }

    /** The URL, with {@code ...} in place of a query and user info that the caller may not see. */
    String of(String url) {
        if (this == WHOLE) {
            return url;
        }
        String plain = USER_INFO.matcher(url).replaceFirst("//...@");
        return QUERY.matcher(plain).replaceFirst("?...");
    }
}
