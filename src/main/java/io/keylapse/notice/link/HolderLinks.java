package io.keylapse.notice.link;

import io.keylapse.key.KeyState;
import io.keylapse.key.PublicUrl;
import io.keylapse.key.RenewalWindow;
import io.keylapse.notice.Notice;
import io.keylapse.notice.delivery.DeliveryId;
import io.keylapse.registry.KeyRecord;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Links in mails about a deadline. The reader sees the key's details and may renew the key once; the link cannot be
 * used for anything else, and does not contain the key.
 *
 * <p>A link is valid until it has renewed its key, and only as long as the key holder may renew the key, the deadline is the one
 * that the mail was about, and the contact still has the address that the mail was sent to. So it ends with any other
 * renewal, with a revocation or rotation, and with time.
 */
@Singleton
public final class HolderLinks {
    private final PublicUrl publicUrl;
    private final RenewalWindow renewal;
    private final LinkSigner signer;
    private final LinkTable table;

    HolderLinks(PublicUrl publicUrl, RenewalWindow renewal, LinkSigner signer, LinkTable table) {
        this.publicUrl = publicUrl;
        this.renewal = renewal;
        this.signer = signer;
        this.table = table;
    }

    /** The address for a mail that is sent now; empty if there is nothing to renew or links are not configured. */
    public Optional<String> address(Notice notice, DeliveryId delivery, Instant now) {
        boolean isAboutDeadline = switch (notice.kind()) {
            case EXPIRING, EXPIRED -> true;
            case REFUSED -> KeyState.EXPIRED.word().equals(notice.detail());
            default -> false;
        };
        return Optional.ofNullable(notice.expiresAt())
                .filter(_ -> isAboutDeadline)
                .filter(deadline -> renewal.isOpen(deadline, now))
                .flatMap(_ -> publicUrl.myKey())
                .flatMap(page -> signer.sign(delivery, notice.keyId()).map(token -> page + "#" + token));
    }

    /** Verifies a token without looking it up; empty if it is not genuine. */
    public Optional<LinkToken> verify(String token) {
        return signer.verify(token);
    }

    /** Whether a link is valid. */
    public boolean stands(LinkToken link, KeyRecord key) {
        Instant deadline = key.term().expiresAt();
        return deadline != null
                && key.term().successorId() == null
                && (key.state() == KeyState.ACTIVE || key.state() == KeyState.EXPIRED)
                && renewal.isOpen(deadline, key.readAt())
                && table.find(link.delivery())
                        .filter(sent -> !sent.used()
                                && sent.key().equals(key.id())
                                && deadline.equals(sent.deadline())
                                && Objects.equals(key.details().email(), sent.address()))
                        .isPresent();
    }

    /** Marks a link as used if it is valid; otherwise returns false. The caller has locked the key's row and renews it. */
    public boolean useUp(LinkToken link, KeyRecord key) {
        return stands(link, key) && table.useUp(link.delivery());
    }
}
