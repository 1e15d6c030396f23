package io.keylapse.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.ManagementKeyId;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tells good credentials from bad ones.
 *
 * <p>Stored keys are looked up by digest each time, so a deleted one is refused at once on every node. The key of the
 * environment needs no store, so that an operator gets in while Postgres is down.
 */
@Singleton
public final class Gatekeeper {
    private final ManagementKeyService keys;
    private final KnownDigests known;
    private final GuessLimit limit;
    private final byte @Nullable [] adminKeyDigest;
    private final List<byte[]> formerAdminKeyDigests;

    Gatekeeper(ManagementKeyService keys, KnownDigests known, GuessLimit limit, SecuritySettings settings) {
        this.keys = keys;
        this.known = known;
        this.limit = limit;
        String adminKey = settings.adminKey();
        this.adminKeyDigest = adminKey == null ? null : sha256(adminKey);
        this.formerAdminKeyDigests = Objects.requireNonNull(settings.formerAdminKeys()).stream()
                .map(Gatekeeper::sha256)
                .toList();
    }

    /**
     * Looks at a credential. A good one is never limited, however many bad ones came from the same address; a bad one
     * beyond the limit costs no query of its own.
     *
     * @param credential what followed {@code Bearer}, or null
     */
    public Access admit(@Nullable String credential, InetAddress from) {
        if (credential == null || credential.isEmpty()) {
            return new Access.Missing();
        }
        Optional<Caller> operator = operator(credential);
        if (operator.isPresent()) {
            return new Access.Granted(operator.get());
        }
        Optional<KeyDigest> digest =
                ManagementKeyService.FORMAT.parse(credential).map(ApiKey::digest);
        Optional<Duration> wait = limit.wait(from);
        if (wait.isPresent() && digest.filter(known::contains).isEmpty()) {
            return new Access.Limited(wait.get());
        }
        return digest.flatMap(keys::find)
                .<Access>map(key -> new Access.Granted(new Caller(key.id(), key.role())))
                .orElseGet(
                        () -> limit.bad(from).<Access>map(Access.Limited::new).orElseGet(Access.Refused::new));
    }

    /** Whoever holds a key of the environment. */
    private Optional<Caller> operator(String credential) {
        // Digests are compared, in constant time, so that neither the length nor a common start can be felt.
        byte[] digest = sha256(credential);
        if (adminKeyDigest != null && MessageDigest.isEqual(adminKeyDigest, digest)) {
            return Optional.of(new Caller(ManagementKeyId.ENVIRONMENT, Role.ADMIN));
        }
        return formerAdminKeyDigests.stream().anyMatch(former -> MessageDigest.isEqual(former, digest))
                ? Optional.of(new Caller(ManagementKeyId.FORMER_ENVIRONMENT, Role.ADMIN))
                : Optional.empty();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
