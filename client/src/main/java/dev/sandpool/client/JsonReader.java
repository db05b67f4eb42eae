package dev.sandpool.client;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON that may be anything: its text is bounded by whoever has it, its depth here. */
final class JsonReader {
    // An answer has four at most. Each is a call of this reader within another.
    private static final int MAX_DEPTH = 32;

    private final String text;
    private int at;

    private JsonReader(String text) {
        this.text = text;
    }

    static Json read(String text) throws IOException {
        var reader = new JsonReader(text);
        Json value = reader.value(0);
        if (reader.peek() != 0) {
            throw reader.bad("nothing more");
        }
        return value;
    }

    private Json value(int depth) throws IOException {
        if (depth > MAX_DEPTH) {
            throw bad("at most " + MAX_DEPTH + " levels");
        }
        return switch (peek()) {
            case '{' -> fields(depth);
            case '[' -> items(depth);
            case '"' -> new Json.Text(string());
            case 't', 'f', 'n' -> word();
            default -> number();
        };
    }

    private Json fields(int depth) throws IOException {
        Map<String, Json> byName = new LinkedHashMap<>();
        expect('{');
        if (!skip('}')) {
            do {
                peek();
                String name = string();
                peek();
                expect(':');
                byName.put(name, value(depth + 1));
            } while (skip(','));
            expect('}');
        }
        return new Json.Fields(byName);
    }

    private Json items(int depth) throws IOException {
        List<Json> all = new ArrayList<>();
        expect('[');
        if (!skip(']')) {
            do {
                all.add(value(depth + 1));
            } while (skip(','));
            expect(']');
        }
        return new Json.Items(all);
    }

    private Json word() throws IOException {
        for (String word : List.of("true", "false", "null")) {
            if (text.startsWith(word, at)) {
                at += word.length();
                return new Json.Word(word);
            }
        }
        throw bad("a value");
    }

    private Json number() throws IOException {
        int begin = at;
        while (at < text.length() && "+-.0123456789Ee".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        if (begin == at) {
            throw bad("a value");
        }
        return new Json.Numeral(text.substring(begin, at));
    }

    private String string() throws IOException {
        expect('"');
        var result = new StringBuilder();
        while (true) {
            char next = next();
            if (next == '"') {
                return result.toString();
            }
            if (next < ' ') {
                throw bad("no control character");
            }
            result.append(next == '\\' ? escaped() : next);
        }
    }

    private char escaped() throws IOException {
        char kind = next();
        return switch (kind) {
            case '"', '\\', '/' -> kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> fourDigits();
            default -> throw bad("an escape");
        };
    }

    private char fourDigits() throws IOException {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(next(), 16);
            if (digit < 0) {
                throw bad("four hexadecimal digits");
            }
            code = code * 16 + digit;
        }
        return (char) code;
    }

    private char next() throws IOException {
        if (at == text.length()) {
            throw bad("more");
        }
        return text.charAt(at++);
    }

    /** The next character that is no white space; 0 at the end. */
    private char peek() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean skip(char wanted) {
        if (peek() != wanted) {
            return false;
        }
        at++;
        return true;
    }

    private void expect(char wanted) throws IOException {
        if (!skip(wanted)) {
            throw bad("'" + wanted + "'");
        }
    }

    private IOException bad(String wanted) {
        return new IOException("the runner's answer is not JSON: at character " + at + " there must be " + wanted);
    }
}
