package dev.sandpool.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;

/** A line for each record: time, level, who, fields, what; a stack trace follows where there is one. */
final class TextLayout extends LayoutBase<ILoggingEvent> {
    // An exception's message can have several lines, and be somebody's words: none of them begins as a record does.
    private static final char INDENT = '\t';

    @Override
    public String doLayout(ILoggingEvent event) {
        var line = new StringBuilder()
                .append(Events.time(event))
                .append(' ')
                .append(level(event.getLevel()))
                .append(' ')
                .append(shortName(event.getLoggerName()))
                .append(": ");
        Events.fields(event)
                .forEach(field -> line.append(PlainText.oneLine(field.key))
                        .append('=')
                        .append(PlainText.oneLine(PlainText.value(field.value)))
                        .append(' '));
        line.append(PlainText.oneLine(Events.message(event))).append('\n');
        Events.trace(event)
                .ifPresent(trace -> trace.lines()
                        .forEach(part -> line.append(INDENT)
                                .append(PlainText.oneLine(part))
                                .append('\n')));
        return line.toString();
    }

    private static String level(Level level) {
        return switch (level.toInt()) {
            case Level.ERROR_INT -> "SEVERE";
            case Level.WARN_INT -> "WARNING";
            default -> level.toString();
        };
    }

    private static String shortName(String logger) {
        return logger.substring(logger.lastIndexOf('.') + 1);
    }
}
