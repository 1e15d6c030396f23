package io.keylapse.harness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which nodes are open after a test class. */
class SharedNodeIT {
    @Test
    void a_node_that_a_class_leaves_open_is_closed() {
        int before = CloseAfterTests.opened();
        Node left = Node.start();

        CloseAfterTests.closeAllSince(before);

        assertThat(left.isRunning()).isFalse();
    }

    @Test
    void the_shared_node_is_kept_until_a_class_uses_the_shared_stores_without_it() {
        Node kept = Node.shared();
        SharedNode.release();
        CloseAfterTests.closeAllSince(0);
        assertThat(Node.shared()).isSameAs(kept);

        // Within the class that uses it, it stays open.
        assertThat(Stores.shared().ask("SELECT 1")).isOne();
        assertThat(kept.isRunning()).isTrue();

        SharedNode.release();
        assertThat(Stores.shared().ask("SELECT 1")).isOne();
        assertThat(kept.isRunning()).isFalse();
    }

    @Test
    void a_closed_shared_node_is_replaced() {
        Node closed = Node.shared();
        closed.close();

        assertThat(Node.shared().isRunning()).isTrue();
    }
}
