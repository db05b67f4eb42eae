package dev.sandpool.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** A line for each log record: time, level, who, what; a stack trace follows where there is one. */
final class OneLineFormatter extends Formatter {
    @Override
    public String format(LogRecord event) {
        var line = new StringBuilder()
                .append(event.getInstant().truncatedTo(ChronoUnit.MILLIS))
                .append(' ')
                .append(event.getLevel().getName())
                .append(' ')
                .append(shortName(event.getLoggerName()))
                .append(": ")
                .append(escaped(formatMessage(event)))
                .append('\n');
        Throwable thrown = event.getThrown();
        if (thrown != null) {
            var trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace, true));
            line.append(trace);
        }
        return line.toString();
    }

    private static String shortName(String logger) {
        return logger.substring(logger.lastIndexOf('.') + 1);
    }

    /** Values can be a sandbox's words: they do not get to write log lines of their own. */
    private static String escaped(String message) {
        return message.replace("\r", "\\r").replace("\n", "\\n");
    }
}
