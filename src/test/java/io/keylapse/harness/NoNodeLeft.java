package io.keylapse.harness;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a class of tests that leaves a node running, and stops it: it would go on recording expiries and sending notices
 * at the stores of later classes. Registered for all of them.
 */
public final class NoNodeLeft implements AfterAllCallback {
    @Override
    public void afterAll(ExtensionContext context) {
        List<Node> left = Node.running();
        left.forEach(Node::close);
        if (!left.isEmpty()) {
            throw new AssertionError(context.getDisplayName() + " left " + left.size() + " nodes running");
        }
    }
}
