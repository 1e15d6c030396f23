package io.keylapse.gateways.replay;

import java.util.ArrayDeque;
import java.util.Locale;

/** How gateways normalize paths. */
final class Paths {
    private Paths() {}

    /** Without dot segments, plain or encoded, and with merged slashes. */
    static String clean(String path) {
        var segments = new ArrayDeque<String>();
        String[] all = path.split("/", -1);
        for (String segment : all) {
            String plain = segment.toLowerCase(Locale.ROOT).replace("%2e", ".");
            if (plain.equals("..")) {
                segments.pollLast();
            } else if (!plain.isEmpty() && !plain.equals(".")) {
                segments.add(segment);
            }
        }
        String cleaned = "/" + String.join("/", segments);
        return path.endsWith("/") && cleaned.length() > 1 ? cleaned + "/" : cleaned;
    }
}
