package io.keylapse.sync.compare;

import io.lettuce.core.RedisCommandTimeoutException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Retry of Redis commands that time out. During a rebuild a command may be late without a fault; repeating it is safe. */
public final class Retry {
    private static final int MAX_ATTEMPTS = 8;

    private Retry() {}

    /** Sends a command and waits for its answer. Sends it again after a timeout, up to 8 times in all. */
    public static <T> T onTimeout(Supplier<CompletionStage<T>> command) {
        for (int attempt = 1; ; attempt++) {
            try {
                return command.get().toCompletableFuture().join();
            } catch (CompletionException e) {
                if (attempt == MAX_ATTEMPTS || !(e.getCause() instanceof RedisCommandTimeoutException)) {
                    throw e;
                }
            }
        }
    }
}
