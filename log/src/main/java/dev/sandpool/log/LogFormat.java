package dev.sandpool.log;

import java.util.Locale;
import java.util.logging.Formatter;

/** What a line of the log looks like. */
public enum LogFormat {
    /** For people. */
    TEXT {
        @Override
        Formatter formatter() {
            return new OneLineFormatter();
        }
    },
    /** For machines: an object on each line. */
    JSON {
        @Override
        Formatter formatter() {
            return new JsonFormatter();
        }
    };

    abstract Formatter formatter();

    /** As settings have it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
