package io.keylapse.notice.webhook;

import io.keylapse.notice.webhook.WebhookService.Wanted;
import java.util.ArrayList;

/** The fields of a webhook, as in the API, that a change sets to another value. */
final class ChangedFields {
    private ChangedFields() {}

    static String[] of(Wanted present, Wanted wanted, boolean sameEnabled) {
        var names = new ArrayList<String>();
        if (!present.url().toString().equals(wanted.url().toString())) {
            names.add("url");
        }
        if (!present.description().equals(wanted.description())) {
            names.add("description");
        }
        if (!present.kinds().equals(wanted.kinds())) {
            names.add("events");
        }
        if (!present.owners().equals(wanted.owners())) {
            names.add("owners");
        }
        if (!sameEnabled) {
            names.add("enabled");
        }
        return names.toArray(String[]::new);
    }
}
