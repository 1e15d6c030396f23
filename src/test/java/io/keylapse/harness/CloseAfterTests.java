package io.keylapse.harness;

import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestInstanceFactoryContext;
import org.junit.jupiter.api.extension.TestInstancePreConstructCallback;

/**
 * Closes what tests open and do not close, last opened first: after each test what it and its fields opened, and after
 * each class the rest, such as its static fields. So no node is left to record expiries in the stores of later classes.
 * Registered for all classes.
 */
public final class CloseAfterTests
        implements BeforeAllCallback, TestInstancePreConstructCallback, AfterEachCallback, AfterAllCallback {
    /** What is open, in the order of opening. */
    private static final ConcurrentSkipListMap<Integer, AutoCloseable> OPEN = new ConcurrentSkipListMap<>();

    private static final AtomicInteger OPENED = new AtomicInteger();

    private static int openedBeforeTest;

    /** Closes this after the running test, or if none runs, after the class. */
    public static <T extends AutoCloseable> T register(T opened) {
        OPEN.put(OPENED.getAndIncrement(), opened);
        return opened;
    }

    /** Everything that registers itself calls this when it is closed. */
    public static void unregister(AutoCloseable closed) {
        OPEN.values().remove(closed);
    }

    /** Initializes the class, so that its static fields are not opened within its first test, and closed after it. */
    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        initialize(context.getRequiredTestClass());
    }

    static void initialize(Class<?> type) throws Exception {
        try {
            Class.forName(type.getName(), true, type.getClassLoader());
        } catch (ExceptionInInitializerError e) {
            throw e.getCause() instanceof Exception cause ? cause : new IllegalStateException(e);
        }
    }

    @Override
    public void preConstructTestInstance(TestInstanceFactoryContext factory, ExtensionContext context) {
        openedBeforeTest = opened();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getTestInstanceLifecycle().orElseThrow() == Lifecycle.PER_METHOD) {
            closeAllSince(openedBeforeTest);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        SharedNode.release();
        closeAllSince(0);
    }

    /** How many were opened in this JVM. */
    static int opened() {
        return OPENED.get();
    }

    /** Closes what was opened since that many were opened; a failure keeps none of it from being closed. */
    static void closeAllSince(int before) {
        var failures = new AssertionError("What the tests opened could not be closed");
        for (var last = OPEN.lastEntry(); last != null && last.getKey() >= before; last = OPEN.lastEntry()) {
            OPEN.remove(last.getKey());
            try {
                last.getValue().close();
            } catch (Exception | Error e) {
                failures.addSuppressed(e);
            }
        }
        if (failures.getSuppressed().length > 0) {
            throw failures;
        }
    }
}
