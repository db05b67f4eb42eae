package dev.sandpool.log;

import static java.util.Objects.requireNonNullElse;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.event.KeyValuePair;

/** What both formats read of a record. */
final class Events {
    private Events() {}

    static String time(ILoggingEvent event) {
        return Instant.ofEpochMilli(event.getTimeStamp()).toString();
    }

    /** What somebody wants to say; empty if that is null, as an exception's message can be. */
    static String message(ILoggingEvent event) {
        return requireNonNullElse(event.getFormattedMessage(), "");
    }

    /** A field's value as text. One that cannot say what it is does not take its record with it. */
    static String text(Object value) {
        try {
            return String.valueOf(value);
        } catch (RuntimeException e) {
            return value.getClass().getName() + " without a text: "
                    + e.getClass().getName();
        }
    }

    static List<KeyValuePair> fields(ILoggingEvent event) {
        return requireNonNullElse(event.getKeyValuePairs(), List.of());
    }

    static Optional<String> trace(ILoggingEvent event) {
        if (!(event.getThrowableProxy() instanceof ThrowableProxy proxy)) {
            return Optional.empty();
        }
        var trace = new StringWriter();
        proxy.getThrowable().printStackTrace(new PrintWriter(trace, true));
        return Optional.of(trace.toString());
    }
}
