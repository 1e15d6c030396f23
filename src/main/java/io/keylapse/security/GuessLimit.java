package io.keylapse.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Singleton;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * Counts bad credentials by address, within windows of fixed length. An IPv6 address counts as its /64, which is what
 * one guesser has at least.
 */
@Singleton
final class GuessLimit {
    private static final int MOST_ADDRESSES = 100_000;

    private record Window(Instant start, int bad) {}

    private final SecuritySettings settings;
    private final Clock clock;
    private final Cache<InetAddress, Window> windows;

    GuessLimit(SecuritySettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MOST_ADDRESSES)
                .expireAfterWrite(settings.badCredentialsWindow())
                .build();
    }

    /** Notes a bad credential; returns how long to wait if there were too many. */
    Optional<Duration> bad(InetAddress address) {
        Instant now = clock.instant();
        Window window = windows.asMap()
                .compute(
                        network(address),
                        (_, last) -> last == null || !now.isBefore(endOf(last))
                                ? new Window(now, 1)
                                : new Window(last.start, last.bad + 1));
        return window.bad <= settings.mostBadCredentials()
                ? Optional.empty()
                : Optional.of(Duration.between(now, endOf(window)));
    }

    private Instant endOf(Window window) {
        return window.start.plus(settings.badCredentialsWindow());
    }

    private static InetAddress network(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address;
        }
        try {
            return InetAddress.getByAddress(Arrays.copyOf(Arrays.copyOf(address.getAddress(), 8), 16));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("16 bytes are an address", e);
        }
    }
}
