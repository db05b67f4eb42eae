package dev.sandpool.log;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/** A line for each log record: time, level, who, what; a stack trace follows where there is one. */
final class OneLineFormatter extends Formatter {
    // An exception's message can have several lines, and be somebody's words: none of them begins as a record does.
    private static final char INDENT = '\t';

    @Override
    public String format(LogRecord event) {
        var line = new StringBuilder()
                .append(event.getInstant().truncatedTo(ChronoUnit.MILLIS))
                .append(' ')
                .append(event.getLevel().getName())
                .append(' ')
                .append(shortName(event.getLoggerName()))
                .append(": ")
                .append(PlainText.oneLine(formatMessage(event)))
                .append('\n');
        Throwable thrown = event.getThrown();
        if (thrown != null) {
            var trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace, true));
            trace.toString()
                    .lines()
                    .forEach(part ->
                            line.append(INDENT).append(PlainText.oneLine(part)).append('\n'));
        }
        return line.toString();
    }

    private static String shortName(String logger) {
        return logger.substring(logger.lastIndexOf('.') + 1);
    }
}
