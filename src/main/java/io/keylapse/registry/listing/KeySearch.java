package io.keylapse.registry.listing;

import io.keylapse.key.KeyDigest;
import io.keylapse.key.KeyFormat;
import io.keylapse.key.KeyId;
import io.keylapse.key.input.InvalidInputException;
import io.keylapse.key.input.PlainText;
import io.keylapse.registry.KeyTable;
import io.keylapse.registry.sql.SqlText;

/** What an admin types to find a key: its id, the whole key, or a part of its owner, name or hint. */
public sealed interface KeySearch {
    /** Maximum length of a part, in code points: that of owners and names. */
    int MAX_CHARACTERS = 200;

    /** The key with this id. */
    record ById(KeyId id) implements KeySearch {}

    /** The key with this digest. Its text is a secret and is not kept. */
    record ByDigest(KeyDigest digest) implements KeySearch {}

    /** Keys with this part of their owner, name or hint. Upper and lower case are the same. */
    record ByPart(String part) implements KeySearch {}

    /**
     * Parses a search.
     *
     * @throws InvalidInputException naming {@code q}, if it is too long to be found
     */
    static KeySearch parse(String text, KeyFormat format) {
        String wanted = text.strip();
        return KeyId.parse(wanted)
                .<KeySearch>map(ById::new)
                .or(() -> format.parse(wanted).map(key -> new ByDigest(key.digest())))
                .orElseGet(() -> {
                    PlainText.complaint(wanted, MAX_CHARACTERS).ifPresent(complaint -> {
                        throw new InvalidInputException("q", complaint);
                    });
                    return new ByPart(wanted);
                });
    }

    /** Whether it names one key, which an index finds. */
    default boolean isExact() {
        return !(this instanceof ByPart);
    }

    /** The condition on a row of keys. */
    default SqlText condition() {
        return switch (this) {
            case ById(KeyId id) -> SqlText.of("id = ?", id.value());
            case ByDigest(KeyDigest digest) ->
                SqlText.of(KeyTable.NAME + " = ? AND digest = ?", digest.name().bytes(), digest.bytes());
            case ByPart(String part) ->
                SqlText.of("(owner || chr(10) || name || chr(10) || hint) COLLATE \"C\" ~ ?", AnyCase.pattern(part));
        };
    }
}
