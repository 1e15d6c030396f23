package io.keylapse.registry.migration;

/** Which schema this program is made for. */
public final class SchemaVersion {
    /** The number of its latest migration. */
    public static final int LATEST = 9;

    private SchemaVersion() {}
}
