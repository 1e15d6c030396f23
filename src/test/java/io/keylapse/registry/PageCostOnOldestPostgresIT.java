package io.keylapse.registry;

import io.keylapse.harness.PostgresVersion;
import io.keylapse.harness.Stores;
import org.jspecify.annotations.NullUnmarked;

/** The cost of pages on the oldest supported Postgres, whose planner has fewer options. Fewer rows are enough. */
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
