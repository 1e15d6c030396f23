package io.keylapse.simulation.world;

import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Adds the log of the production code to the trace of the history. */
final class TracingLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    TracingLogger(String name) {
        this.name = name;
    }

    @Override
    protected void handleNormalizedLoggingCall(
            Level level, Marker marker, String pattern, Object[] arguments, Throwable failure) {
        World.here()
                .trace(() -> "log: " + level + " " + name + ": "
                        + MessageFormatter.basicArrayFormat(pattern, arguments)
                        + (failure == null ? "" : " " + failure));
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return name;
    }

    @Override
    public boolean isTraceEnabled() {
        return false;
    }

    @Override
    public boolean isDebugEnabled() {
        return true;
    }

    @Override
    public boolean isInfoEnabled() {
        return true;
    }

    @Override
    public boolean isWarnEnabled() {
        return true;
    }

    @Override
    public boolean isErrorEnabled() {
        return true;
    }
}
