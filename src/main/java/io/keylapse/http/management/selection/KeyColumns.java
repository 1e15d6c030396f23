package io.keylapse.http.management.selection;

import io.keylapse.http.management.KeyJson;
import io.keylapse.http.management.stream.ExportColumns;
import io.keylapse.http.management.stream.ExportColumns.Column;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The columns of exported keys: what {@link KeyJson} shows, flat. */
final class KeyColumns {
    static final ExportColumns<KeyJson> COLUMNS = new ExportColumns<>(List.of(
            new Column<>("id", KeyJson::id),
            new Column<>("owner", KeyJson::owner),
            new Column<>("name", KeyJson::name),
            new Column<>("hint", KeyJson::hint),
            new Column<>("state", KeyJson::state),
            new Column<>("scopes", key -> String.join(" ", key.scopes())),
            new Column<>("metadata", KeyJson::metadata),
            new Column<>(
                    "email", key -> key.contact() == null ? null : key.contact().email()),
            new Column<>(
                    "language",
                    key -> key.contact() == null ? null : key.contact().language()),
            new Column<>("leadTimes", key -> key.leadTimes() == null ? null : String.join(" ", key.leadTimes())),
            new Column<>("issuedAt", KeyJson::issuedAt),
            new Column<>("expiresAt", KeyJson::expiresAt),
            new Column<>("endedAt", KeyJson::endedAt),
            new Column<>("predecessorId", KeyJson::predecessorId),
            new Column<>("successorId", KeyJson::successorId),
            new Column<>("version", key -> String.valueOf(key.version())),
            new Column<>("lifetime", KeyJson::lifetime),
            ofUse("lastUsedAt", KeyJson.Use::lastUsedAt),
            ofUse("lastRefusedAt", KeyJson.Use::lastRefusedAt),
            ofUse("refusedCount", use -> use.refusedCount() == null ? null : String.valueOf(use.refusedCount())),
            ofUse("usageKnownSince", KeyJson.Use::usageKnownSince)));

    private KeyColumns() {}

    private static Column<KeyJson> ofUse(String title, Function<KeyJson.Use, @Nullable String> value) {
        return new Column<>(title, key -> key.use() == null ? null : value.apply(key.use()));
    }
}
