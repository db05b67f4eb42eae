package dev.sandpool.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Layout;
import java.util.Locale;

/** What a line of the log looks like. */
public enum LogFormat {
    /** For people. */
    TEXT {
        @Override
        Layout<ILoggingEvent> layout() {
            return new TextLayout();
        }
    },
    /** For machines: an object on each line. */
    JSON {
        @Override
        Layout<ILoggingEvent> layout() {
            return new JsonLayout();
        }
    };

    abstract Layout<ILoggingEvent> layout();

    /** As settings have it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
