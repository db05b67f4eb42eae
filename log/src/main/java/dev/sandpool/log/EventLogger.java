package dev.sandpool.log;

import static java.util.Objects.requireNonNullElse;

import java.time.Instant;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.LoggingEvent;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.spi.LoggingEventAware;

/** Hands what is logged to Java's own logging, fields as fields. SLF4J's binding to it writes them into the message. */
final class EventLogger extends LegacyAbstractLogger implements LoggingEventAware {
    private static final long serialVersionUID = 1;

    private final transient Logger target;

    EventLogger(String name) {
        this.name = name;
        this.target = Logger.getLogger(name);
    }

    @Override
    public boolean isTraceEnabled() {
        return target.isLoggable(Level.FINEST);
    }

    @Override
    public boolean isDebugEnabled() {
        return target.isLoggable(Level.FINE);
    }

    @Override
    public boolean isInfoEnabled() {
        return target.isLoggable(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return target.isLoggable(Level.WARNING);
    }

    @Override
    public boolean isErrorEnabled() {
        return target.isLoggable(Level.SEVERE);
    }

    @Override
    public void log(LoggingEvent event) {
        var fields = requireNonNullElse(event.getKeyValuePairs(), List.<KeyValuePair>of());
        log(event.getLevel(), event.getMessage(), fields, event.getArgumentArray(), event.getThrowable());
    }

    @Override
    protected void handleNormalizedLoggingCall(
            org.slf4j.event.Level level,
            @Nullable Marker marker,
            @Nullable String message,
            Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        log(level, message, List.of(), arguments, thrown);
    }

    private void log(
            org.slf4j.event.Level level,
            @Nullable String message,
            List<KeyValuePair> fields,
            Object @Nullable [] arguments,
            @Nullable Throwable thrown) {
        Level its = level(level);
        if (target.isLoggable(its)) {
            var words = MessageFormatter.arrayFormat(message, arguments, thrown).getMessage();
            var entry = new EventRecord(its, requireNonNullElse(words, ""), fields);
            entry.setLoggerName(name);
            entry.setInstant(Instant.now());
            entry.setThrown(thrown);
            target.log(entry);
        }
    }

    private static Level level(org.slf4j.event.Level level) {
        return switch (level) {
            case TRACE -> Level.FINEST;
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARN -> Level.WARNING;
            case ERROR -> Level.SEVERE;
        };
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
        return null; // nobody asks for the line of code
    }
}
