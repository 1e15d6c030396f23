package io.keylapse.registry;

import io.keylapse.harness.PostgresVersion;
import io.keylapse.harness.Stores;
import org.jspecify.annotations.NullUnmarked;

/** What pages cost on the oldest Postgres that is supported, whose planner has fewer ways. Fewer rows show it. */
@NullUnmarked
class PageCostOnOldestPostgresIT extends PageCost {
    PageCostOnOldestPostgresIT() {
        super(200_000);
    }

    @Override
    int[] places() {
        return new int[] {-1, rows / 2, together + 1};
    }

    @Override
    Stores open() {
        return Stores.ofPostgres(PostgresVersion.OLDEST);
    }
}
