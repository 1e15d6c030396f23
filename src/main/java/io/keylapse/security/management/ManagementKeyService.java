package io.keylapse.security.management;

import io.keylapse.key.ApiKey;
import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.ManagementKeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.registry.audit.Actor;
import io.keylapse.registry.audit.AuditAction;
import io.keylapse.registry.audit.AuditTrail;
import io.keylapse.registry.sql.Postgres;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates, finds and deletes management keys. */
@Singleton
public final class ManagementKeyService {
    /** Management keys have the format of API keys, but their own prefix, so that secret scanners can tell them apart. */
    public static final KeyFormat FORMAT = new KeyFormat("klmgmt", List.of());

    private static final Logger LOG = LoggerFactory.getLogger(ManagementKeyService.class);
    private static final int MAX_NAME_CHARACTERS = 200;
    private static final Duration MIN_TTL = Duration.ofSeconds(1);
    private static final Duration MAX_TTL = Duration.ofDays(3660);

    private final ManagementKeyRepository table;
    private final AuditTrail audit;
    private final Postgres postgres;

    ManagementKeyService(ManagementKeyRepository table, AuditTrail audit, Postgres postgres) {
        this.table = table;
        this.audit = audit;
        this.postgres = postgres;
    }

    /** A new management key with its text, which is shown only now. */
    public record Created(ManagementKey key, ApiKey secret) {}

    /**
     * Creates a management key.
     *
     * @param ttl how long it is valid; null for no deadline
     * @throws InvalidInputException if name or ttl breaks a rule
     */
    public Created create(String name, Role role, @Nullable Duration ttl, Actor by) {
        var violations = new InvalidInputException.Collector();
        violations.add(
                "name",
                PlainText.isBlank(name)
                        ? Optional.of("must not be blank")
                        : PlainText.complaintAboutName(name, MAX_NAME_CHARACTERS));
        if (ttl != null && (ttl.compareTo(MIN_TTL) < 0 || ttl.compareTo(MAX_TTL) > 0)) {
            violations.add("ttl", "must be between 1 second and " + MAX_TTL.toDays() + " days");
        }
        violations.throwIfAny();
        ApiKey secret = FORMAT.generate();
        Instant now = postgres.now();
        var key = new ManagementKey(
                ManagementKeyId.generate(now),
                name,
                role,
                secret.hint(),
                now,
                ttl == null ? null : now.plusMillis(ttl.toMillis()),
                null);
        var row = new ManagementKeyRow(
                key.id().value(),
                key.name(),
                role.word(),
                secret.digest().bytes(),
                key.hint(),
                key.createdAt(),
                key.expiresAt(),
                null);
        postgres.inTransaction(() -> {
            audit.add(by, AuditAction.MANAGEMENT_KEY_CREATE, key.id(), now);
            return table.save(row);
        });
        LOG.info("created management key {} name={} role={} by={}", key.id(), PlainText.quoted(name), role.word(), by);
        return new Created(key, secret);
    }

    /** All stored management keys, newest first. The keys from the environment are not stored. */
    public List<ManagementKey> list() {
        return table.findAllOrderByIdDesc().stream()
                .map(ManagementKeyService::read)
                .toList();
    }

    /**
     * Deletes a management key, which is refused from then on.
     *
     * @return false if there is none with this id
     */
    public boolean delete(ManagementKeyId id, Actor by) {
        boolean deleted = postgres.inTransaction(() -> {
            boolean existed = table.deleteById(id.value()) == 1;
            if (existed) {
                audit.add(by, AuditAction.MANAGEMENT_KEY_DELETE, id, postgres.now());
            }
            return existed;
        });
        if (deleted) {
            LOG.info("deleted management key {} by={}", id, by);
        }
        return deleted;
    }

    /**
     * Filters management keys: keeps those that are valid now and have this permission.
     *
     * @param patience how long Postgres may take, in whole seconds
     */
    public Set<ManagementKeyId> live(Set<ManagementKeyId> ids, Permission permission, Duration patience) {
        if (ids.isEmpty()) {
            return Set.of();
        }
        List<UUID> values = ids.stream().map(ManagementKeyId::value).toList();
        return Postgres.within(patience, () -> table.findLive(values)).stream()
                .map(ManagementKeyService::read)
                .filter(key -> key.role().may(permission))
                .map(ManagementKey::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The digests of all management keys that are valid now. */
    Set<KeyDigest> digests() {
        return table.findLive().stream()
                .map(row -> new KeyDigest(row.digest()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The management key with this digest, if it is valid now. */
    public Optional<ManagementKey> find(KeyDigest digest) {
        return table.findLive(digest.bytes()).map(ManagementKeyService::read);
    }

    private static ManagementKey read(ManagementKeyRow row) {
        return new ManagementKey(
                new ManagementKeyId(row.id()),
                row.name(),
                Role.parse(row.role()).orElseThrow(),
                row.hint(),
                row.createdAt(),
                row.expiresAt(),
                row.lastUsedAt());
    }
}
