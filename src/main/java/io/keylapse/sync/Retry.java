package io.keylapse.sync;

import io.lettuce.core.RedisCommandTimeoutException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** A command that is sent among so many may be late without anything being wrong, and does no harm when repeated. */
final class Retry {
    private static final int ATTEMPTS = 8;

    private Retry() {}

    static <T> T persist(Supplier<CompletionStage<T>> command) {
        for (int attempt = 1; ; attempt++) {
            try {
                return command.get().toCompletableFuture().join();
            } catch (CompletionException e) {
                if (attempt == ATTEMPTS || !(e.getCause() instanceof RedisCommandTimeoutException)) {
                    throw e;
                }
            }
        }
    }
}
