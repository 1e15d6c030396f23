package io.keylapse.notice.webhook.address;

import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;

/**
 * DNS resolver for webhook connections that returns only allowed addresses. The connection uses exactly the address that was
 * checked, which prevents DNS rebinding.
 */
@Singleton
public final class VettedNames implements DnsResolver {
    private final AllowedAddresses allowed;

    VettedNames(AllowedAddresses allowed) {
        this.allowed = allowed;
    }

    /** The host name or address must not be called. */
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
            // A single forbidden address makes the whole name forbidden: a legitimate name does not mix them.
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
