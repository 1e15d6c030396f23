package io.keylapse.notice.webhook.address;

import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/**
 * Looks names up for connections that are about to be made, and gives away none but addresses that may be called. What is
 * connected to is what was vetted, so it is of no use to have a name say one thing now and another a moment later.
 */
@Singleton
public final class VettedNames implements DnsResolver {
    private final AllowedAddresses allowed;

    VettedNames(AllowedAddresses allowed) {
        this.allowed = allowed;
    }

    /** A name, or an address, that must not be called. */
    public static final class ForbiddenAddressException extends UnknownHostException {
        private static final long serialVersionUID = 1;

        ForbiddenAddressException(String host) {
            super(host + " is not a public address, and not in keylapse.webhooks.allowed-networks");
        }
    }

    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        InetAddress[] found = SystemDefaultDnsResolver.INSTANCE.resolve(host);
        for (InetAddress address : found) {
            // One that may be called among some that may not is no honest name.
            if (!allowed.contains(address)) {
                throw new ForbiddenAddressException(host);
            }
        }
        return found;
    }

    @Override
    public String resolveCanonicalHostname(String host) throws UnknownHostException {
        return SystemDefaultDnsResolver.INSTANCE.resolveCanonicalHostname(host);
    }
}
