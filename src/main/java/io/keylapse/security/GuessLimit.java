package io.keylapse.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * Rate limit for invalid credentials per client address, counted in fixed windows. An IPv6 address counts as its /64
 * network, because a client can use all of it.
 */
@Singleton
public final class GuessLimit {
    private static final int MAX_ADDRESSES = 100_000;

    /** By {@link System#nanoTime}, which does not jump when the clock is set. */
    private record Window(long start, int bad) {}

    private final SecuritySettings settings;
    private final Cache<ClientNetwork, Window> windows;

    GuessLimit(SecuritySettings settings) {
        this.settings = settings;
        this.windows = Caffeine.newBuilder()
                .maximumSize(MAX_ADDRESSES)
                .expireAfterWrite(settings.badCredentialsWindow())
                .build();
    }

    /** The time until this address may try again, if it has reached the limit. */
    Optional<Duration> wait(InetAddress address) {
        long now = System.nanoTime();
        Window window = windows.getIfPresent(ClientNetwork.of(address));
        return window == null || window.bad < settings.maxBadCredentials() ? Optional.empty() : left(window, now);
    }

    /**
     * Counts an invalid credential.
     *
     * @return the time until this address may try again, if it has exceeded the limit
     */
    public Optional<Duration> bad(InetAddress address) {
        long now = System.nanoTime();
        Window window = windows.asMap()
                .compute(
                        ClientNetwork.of(address),
                        (_, last) -> last == null || left(last, now).isEmpty()
                                ? new Window(now, 1)
                                : new Window(last.start, last.bad + 1));
        return window.bad <= settings.maxBadCredentials() ? Optional.empty() : left(window, now);
    }

    private Optional<Duration> left(Window window, long now) {
        return Optional.of(settings.badCredentialsWindow().minusNanos(now - window.start))
                .filter(Duration::isPositive);
    }
}
