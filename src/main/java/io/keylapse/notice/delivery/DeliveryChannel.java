package io.keylapse.notice.delivery;

import io.keylapse.notice.Notice;
import java.util.List;

/** A channel that sends notices: webhooks or mail. */
public interface DeliveryChannel {
    /** One lane for each receiver with due deliveries. */
    List<Lane> due();

    /** The deliveries to one receiver. Lanes do not wait for each other. */
    interface Lane {
        /** The identity of the receiver: equal for all lanes to it, and different for others. */
        Object receiver();

        /** Claims up to {@code limit} due deliveries for the time that an attempt may take. */
        List<Delivery> claim(int limit);

        /** Makes one attempt. Failures are outcomes, not exceptions. */
        AttemptOutcome send(Notice notice, Delivery delivery);
    }
}
