package io.keylapse.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.security.management.KnownDigests;
import io.keylapse.security.management.LastUses;
import io.keylapse.security.management.ManagementKeyNames;
import io.keylapse.security.management.ManagementKeyService;
import io.keylapse.security.management.Role;
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
 * Authentication of management keys.
 *
 * <p>Stored keys are looked up by digest for each request, so every node refuses a deleted key at once. The admin key from
 * the environment needs no store, so that an admin has access while Postgres is down.
 */
@Singleton
public final class Gatekeeper {
    private final ManagementKeyService keys;
    private final KnownDigests known;
    private final GuessLimit limit;
    private final LastUses uses;
    private final byte @Nullable [] adminKeyDigest;
    private final List<byte[]> formerAdminKeyDigests;

    Gatekeeper(
            ManagementKeyService keys, KnownDigests known, GuessLimit limit, LastUses uses, SecuritySettings settings) {
        this.keys = keys;
        this.known = known;
        this.limit = limit;
        this.uses = uses;
        String adminKey = settings.adminKey();
        this.adminKeyDigest = adminKey == null ? null : sha256(adminKey);
        this.formerAdminKeyDigests = Objects.requireNonNull(settings.formerAdminKeys()).stream()
                .map(Gatekeeper::sha256)
                .toList();
    }

    /**
     * Authenticates a caller. A valid credential is never rate limited, however many invalid ones came from the same
     * address; an invalid one beyond the limit costs no query of its own.
     *
     * @param credential the text after {@code Bearer}; null if there is none
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
                .<Access>map(key -> {
                    uses.add(key.id());
                    return new Access.Granted(new Caller(key.id(), key.name(), key.role()));
                })
                .orElseGet(
                        () -> limit.bad(from).<Access>map(Access.Limited::new).orElseGet(Access.Refused::new));
    }

    /** The caller, if the credential is a key from the environment. */
    private Optional<Caller> operator(String credential) {
        // Digests are compared in constant time, so that timing reveals neither the length nor a common prefix.
        byte[] digest = sha256(credential);
        if (adminKeyDigest != null && MessageDigest.isEqual(adminKeyDigest, digest)) {
            return Optional.of(new Caller(ManagementKeyId.ENVIRONMENT, ManagementKeyNames.ENVIRONMENT, Role.ADMIN));
        }
        return formerAdminKeyDigests.stream().anyMatch(former -> MessageDigest.isEqual(former, digest))
                ? Optional.of(new Caller(
                        ManagementKeyId.FORMER_ENVIRONMENT, ManagementKeyNames.FORMER_ENVIRONMENT, Role.ADMIN))
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
