package dev.sandpool.log;

import org.jspecify.annotations.Nullable;

/**
 * What a line of text may hold. Values can be a client's words, or a sandbox's: they write neither lines nor fields of their own, and
 * tell the reader's terminal nothing.
 */
final class PlainText {
    private PlainText() {}

    /** A field's value: in quotes where a reader could not tell its end otherwise. */
    static String value(@Nullable Object value) {
        String text = value == null ? "null" : Events.text(value);
        return text.isEmpty() || text.codePoints().anyMatch(PlainText::needsQuotes) ? quoted(text) : text;
    }

    private static boolean needsQuotes(int c) {
        return c == '"'
                || c == '\\'
                || c == '='
                || Character.isWhitespace(c)
                || Character.isSpaceChar(c)
                || isHidden(c);
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    /** The same with its controls and its ends of lines escaped; tabs stay. */
    static String oneLine(String text) {
        if (text.codePoints().noneMatch(PlainText::isHidden)) {
            return text;
        }
        var line = new StringBuilder();
        text.codePoints().forEach(c -> append(line, c));
        return line.toString();
    }

    private static void append(StringBuilder line, int c) {
        switch (c) {
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            default -> {
                if (!isHidden(c)) {
                    line.appendCodePoint(c);
                } else if (Character.isBmpCodePoint(c)) {
                    line.append("\\u%04x".formatted(c));
                } else {
                    line.append("\\u{%x}".formatted(c));
                }
            }
        }
    }

    /** Controls (C0, C1, DEL), separators of lines, what changes the direction of what follows, and halves of characters. */
    private static boolean isHidden(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> c != '\t';
            case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.FORMAT, Character.SURROGATE -> true;
            default -> false;
        };
    }
}
