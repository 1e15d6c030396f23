package io.keylapse.http.management.notices;

import io.keylapse.http.access.ManagementGate;
import io.keylapse.security.Permission;
import io.micronaut.http.HttpRequest;
import java.util.regex.Pattern;

/**
 * How much a caller sees of the URL of a webhook. Receivers often take a secret in its query, so only those see that who
 * may manage webhooks.
 */
enum ShownUrl {
    WHOLE,
    WITHOUT_SECRETS;

    private static final Pattern USER_INFO = Pattern.compile("//[^/?#]*@");
    private static final Pattern QUERY = Pattern.compile("[?#].*");

    static ShownUrl to(HttpRequest<?> request) {
        return ManagementGate.callerOf(request).role().may(Permission.MANAGE_WEBHOOKS) ? WHOLE : WITHOUT_SECRETS;
    }

    /** The URL, with {@code ...} in place of a query and of user info that this caller may not see. */
    String of(String url) {
        if (this == WHOLE) {
            return url;
        }
        String plain = USER_INFO.matcher(url).replaceFirst("//...@");
        return QUERY.matcher(plain).replaceFirst("?...");
    }
}
