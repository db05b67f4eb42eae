package dev.sandpool.runner.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.helidon.http.DirectHandler;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectTransportRequest;

/**
 * Checks the first line of a request before Helidon reads it: Helidon reports an invalid method as a failure of the
 * server.
 */
public final class RequestLine {
    /** The maximum length in bytes. RFC 9112 recommends at least 8,000. */
    public static final int MOST_BYTES = 8 * 1024;

    private static final String PUNCTUATION = "!#$%&'*+-.^_`|~";

    private RequestLine() {}

    /** @throws RequestException with status 400 if the method or the target is invalid */
    static void check(byte[] line) {
        String text = new String(line, ISO_8859_1);
        int target = text.indexOf(' ') + 1;
        int version = text.indexOf(' ', target);
        if (target == 0 || version < 0) {
            throw bad(text, "the request line must be a method, a target and a version");
        }
        if (!isToken(text.substring(0, target - 1))) {
            throw bad(text, "the method is malformed");
        }
        if (!text.substring(target, version).chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw bad(text, "the target must be visible ASCII characters");
        }
    }

    /** Returns the response to a request whose first line is too long, of which only the beginning is known. */
    static RequestException tooLong(String beginning) {
        return RequestException.builder()
                .type(DirectHandler.EventType.BAD_REQUEST)
                .status(Status.REQUEST_URI_TOO_LONG_414)
                .request(request(beginning))
                .message("the request line is longer than " + MOST_BYTES + " bytes")
                .setKeepAlive(false)
                .build();
    }

    private static RequestException bad(String line, String message) {
        return RequestException.builder()
                .type(DirectHandler.EventType.BAD_REQUEST)
                .request(request(line))
                .message(message)
                .setKeepAlive(false)
                .build();
    }

    /** Returns a request with enough data that the response has the format of its path. */
    private static DirectHandler.TransportRequest request(String line) {
        String[] words = line.split(" ", 3);
        String target = words.length > 1 ? words[1] : "";
        int query = target.indexOf('?');
        return DirectTransportRequest.create("", words[0], query < 0 ? target : target.substring(0, query));
    }

    /** Returns whether the text is a {@code token} of RFC 9110, as methods and header names are. */
    public static boolean isToken(String text) {
        return !text.isEmpty()
                && text.chars()
                        .allMatch(c -> (c >= 'a' && c <= 'z')
                                || (c >= 'A' && c <= 'Z')
                                || (c >= '0' && c <= '9')
                                || PUNCTUATION.indexOf(c) >= 0);
    }
}
