package io.keylapse.campaign.log;

/**
 * A key in a log.
 *
 * @param id the public id
 * @param name the first 16 bytes of the SHA-256 of its text, in hex; identifies the key in both stores
 */
public record Key(String id, String name) {
    @Override
    public String toString() {
        return id;
    }
}
