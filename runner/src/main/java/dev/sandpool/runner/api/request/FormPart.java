package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandpool.runner.http.RequestLine;
import dev.sandpool.runner.run.BadInputException;
import dev.sandpool.runner.run.Problem;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A part of a form, with its parsed headers.
 *
 * @param fileName null if it has none
 * @param headers the headers with a meaning, by their names in lower case
 * @param content reading it fails if the form ends inside the part
 */
record FormPart(String name, @Nullable String fileName, Map<String, String> headers, InputStream content) {
    static final String MODE = "sandpool-mode";

    private static final String DISPOSITION = "content-disposition";
    private static final String TYPE = "content-type";
    private static final Set<String> KNOWN = Set.of(DISPOSITION, TYPE, MODE);

    /**
     * Creates the part with these headers.
     *
     * @param lines without their line ends; one character per byte
     * @throws BadInputException with what is wrong with the headers
     */
    static FormPart of(Iterable<String> lines, InputStream content) throws BadInputException {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String line : lines) {
            String text = Utf8.strict(line.getBytes(ISO_8859_1))
                    .orElseThrow(() -> bad("the headers of a part are not UTF-8"));
            int colon = text.indexOf(':');
            if (colon < 0 || !RequestLine.isToken(text.substring(0, colon))) {
                throw bad("a part has a line among its headers that is none");
            }
            String name = text.substring(0, colon).toLowerCase(Locale.ROOT);
            if (KNOWN.contains(name)
                    && headers.put(name, text.substring(colon + 1).strip()) != null) {
                throw bad("a part has two headers " + name);
            }
        }
        Map<String, String> said = parameters(headers.getOrDefault(DISPOSITION, ""));
        String name = said.get("name");
        if (name == null) {
            throw bad("a part has no name: it needs Content-Disposition: form-data; name=\"...\"");
        }
        if (said.containsKey("filename*")) {
            throw bad(
                    "the part " + Problem.shown(name) + " has a filename*: a form's file names are UTF-8, in filename");
        }
        if (headers.getOrDefault(TYPE, "").toLowerCase(Locale.ROOT).startsWith("multipart/")) {
            throw bad("the part " + Problem.shown(name) + " is a form itself: each file is a part of its own");
        }
        return new FormPart(name, said.get("filename"), headers, content);
    }

    /**
     * Parses the parameters of a {@code form-data} header. A quote and a backslash may be escaped, as curl does; a lone
     * backslash stays.
     */
    private static Map<String, String> parameters(String disposition) throws BadInputException {
        Map<String, String> parameters = new LinkedHashMap<>();
        int at = disposition.indexOf(';');
        String kind = at < 0 ? disposition : disposition.substring(0, at);
        if (!kind.strip().equalsIgnoreCase("form-data")) {
            return parameters;
        }
        while (at >= 0 && at < disposition.length()) {
            int next = disposition.indexOf(';', at + 1);
            int equals = disposition.indexOf('=', at);
            if (equals < 0 || (next >= 0 && next < equals)) {
                at = next; // a parameter without a value has no meaning
                continue;
            }
            String name = disposition.substring(at + 1, equals).strip().toLowerCase(Locale.ROOT);
            var value = new StringBuilder();
            at = value(disposition, equals + 1, value);
            if (parameters.put(name, value.toString()) != null) {
                throw bad("a part has two of " + name + " in its Content-Disposition");
            }
        }
        return parameters;
    }

    /** Returns the position of the semicolon before the next parameter, if there is one. */
    private static int value(String from, int start, StringBuilder into) throws BadInputException {
        int at = start;
        while (at < from.length() && from.charAt(at) == ' ') {
            at++;
        }
        if (at == from.length() || from.charAt(at) != '"') {
            int end = from.indexOf(';', at);
            int stop = end < 0 ? from.length() : end;
            into.append(from, at, stop);
            return stop;
        }
        for (at++; at < from.length() && from.charAt(at) != '"'; at++) {
            boolean escapes = from.charAt(at) == '\\'
                    && at + 1 < from.length()
                    && (from.charAt(at + 1) == '"' || from.charAt(at + 1) == '\\');
            if (escapes) {
                at++;
            }
            into.append(from.charAt(at));
        }
        int end = from.indexOf(';', at);
        int stop = end < 0 ? from.length() : end;
        if (at >= from.length() || !from.substring(at + 1, stop).isBlank()) {
            throw bad("a part has a malformed Content-Disposition");
        }
        return stop;
    }

    private static BadInputException bad(String detail) {
        return new BadInputException(Problem.badRequest(detail));
    }
}
