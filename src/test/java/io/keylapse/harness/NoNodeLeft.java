package io.keylapse.harness;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class that leaves a node running, and stops the node: it would keep recording expiries and sending
 * notices in the stores of later classes. Registered for all classes.
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
