package io.keylapse.registry;

import io.keylapse.harness.Stores;
import org.jspecify.annotations.NullUnmarked;

/** The cost of pages among a million rows. */
@NullUnmarked
class PageCostIT extends PageCost {
    PageCostIT() {
        super(1_000_000);
    }

    @Override
    Stores open() {
        return Stores.own();
    }
}
