package io.keylapse.http.management.notices;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keylapse.notice.delivery.Delivery;
import io.keylapse.notice.delivery.DeliverySummaries.Summary;
import org.jspecify.annotations.Nullable;

/**
 * Who was notified: the owner by mail, and webhooks. Null fields are absent.
 *
 * @param delivered the number of deliveries in this state, of mail and to webhooks; the same for those below
 * @param mail the state of the mail to the owner; null if there is none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ToldJson(
        String noticeId,
        int delivered,
        int pending,
        int dead,
        @Nullable String mail,
        Calls webhooks) {

    /** The number of calls to webhooks in each state. */
    public record Calls(int delivered, int pending, int dead) {}

    /** The JSON of a summary. */
    public static ToldJson of(Summary told) {
        return new ToldJson(
                told.notice().toString(),
                told.delivered() + mailIf(told, Delivery.State.DELIVERED),
                told.pending() + mailIf(told, Delivery.State.PENDING),
                told.dead() + mailIf(told, Delivery.State.DEAD),
                told.mail() == null ? null : told.mail().word(),
                new Calls(told.delivered(), told.pending(), told.dead()));
    }

    private static int mailIf(Summary told, Delivery.State state) {
        return told.mail() == state ? 1 : 0;
    }
}
