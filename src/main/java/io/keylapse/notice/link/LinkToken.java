package io.keylapse.notice.link;

import io.keylapse.key.KeyId;
import io.keylapse.notice.delivery.DeliveryId;

/** What the token of a genuine link says: in which delivery the link was sent, and which key it is about. */
public record LinkToken(DeliveryId delivery, KeyId key) {}
