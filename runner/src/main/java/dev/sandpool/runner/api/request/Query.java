package dev.sandpool.runner.api.request;

import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.Problem;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The query of a request, in the format of HTML forms. Invalid encoding is refused; Helidon would replace it silently.
 */
final class Query {
    private Query() {}

    /**
     * Returns the parameters, in their order.
     *
     * @param raw the query without its question mark; ASCII
     * @throws NoRunException if a parameter, which it names, is no percent-encoded UTF-8
     */
    static Map<String, List<String>> parse(String raw) throws NoRunException {
        var parameters = new LinkedHashMap<String, List<String>>();
        for (String parameter : raw.split("&", -1)) {
            if (parameter.isEmpty()) {
                continue;
            }
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            String value = equals < 0 ? "" : parameter.substring(equals + 1);
            String decodedName = decode(name).orElseThrow(() -> malformed(name, value, "the name of an option"));
            parameters
                    .computeIfAbsent(decodedName, _ -> new ArrayList<>())
                    .add(decode(value).orElseThrow(() -> malformed(decodedName, value, decodedName)));
        }
        return parameters;
    }

    private static NoRunException malformed(String field, String value, String what) {
        return new NoRunException(
                Problem.badOption(field, value, Problem.shown(what) + " must be percent-encoded UTF-8"));
    }

    private static Optional<String> decode(String text) {
        var bytes = new ByteArrayOutputStream(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                bytes.write(c == '+' ? ' ' : c);
                continue;
            }
            if (i + 2 >= text.length()
                    || !HexFormat.isHexDigit(text.charAt(i + 1))
                    || !HexFormat.isHexDigit(text.charAt(i + 2))) {
                return Optional.empty();
            }
            bytes.write(HexFormat.fromHexDigits(text, i + 1, i + 3));
            i += 2;
        }
        return Utf8.strict(bytes.toByteArray());
    }
}
