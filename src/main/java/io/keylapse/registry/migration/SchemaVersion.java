package io.keylapse.registry.migration;

/** The schema version that this program needs. */
public final class SchemaVersion {
    /** The number of the latest migration. */
    public static final int LATEST = 12;

    private SchemaVersion() {}
}
