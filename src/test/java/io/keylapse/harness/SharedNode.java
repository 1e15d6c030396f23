package io.keylapse.harness;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The node of {@link Node#shared}. It is kept between classes until one uses the shared stores without it. */
final class SharedNode {
    private static @Nullable Node node;
    private static boolean isUsed;

    private SharedNode() {}

    static synchronized Node use() {
        if (node == null || !node.isRunning()) {
            // The bad credentials of one class must not count against those of the next.
            node = Node.start(Stores.Shared.STORES, Map.of("keylapse.max-bad-credentials", Integer.MAX_VALUE));
            CloseAfterTests.unregister(node);
        }
        isUsed = true;
        return node;
    }

    /** The class that used it has ended. */
    static synchronized void release() {
        isUsed = false;
    }

    static synchronized void closeIfUnused() {
        if (node != null && !isUsed) {
            node.close();
            node = null;
        }
    }
}
