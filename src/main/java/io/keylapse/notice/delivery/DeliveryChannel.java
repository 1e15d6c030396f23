package io.keylapse.notice.delivery;

import io.keylapse.notice.Notice;
import java.util.List;

/** A way for notices to go. */
public interface DeliveryChannel {
    /** One lane for each receiver to which something is due. */
    List<Lane> due();

    /** What goes to one receiver. A lane never waits for another. */
    interface Lane {
        /** What is the same for all lanes to this receiver, and for no other. */
        Object receiver();

        /** Takes on up to so many deliveries that are due, for as long as an attempt may take. */
        List<Delivery> claim(int limit);

        /** Makes one attempt, and always says what became of it. */
        AttemptOutcome send(Notice notice, Delivery delivery);
    }
}
