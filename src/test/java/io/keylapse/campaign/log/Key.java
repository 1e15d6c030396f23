package io.keylapse.campaign.log;

/**
 * A key as logs name it.
 *
 * @param id the public id
 * @param name the first 16 bytes of the SHA-256 of its text, in hex, by which both stores are looked into
 */
public record Key(String id, String name) {
    @Override
    public String toString() {
        return id;
    }
}
