package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sandpool.runner.api.Cors;
import dev.sandpool.runner.run.Problem;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsUpgrader;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The handshake of RFC 6455. {@link Cors} decides before it which pages may open a WebSocket, as for all requests. */
final class LiveUpgrader extends WsUpgrader {
    static final String VERSION = SUPPORTED_VERSION;

    private static final String RFC_6455 = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_BYTES = 16;

    private LiveUpgrader() {
        super(WsConfig.create());
    }

    /** Returns what is wrong with a request for a WebSocket; empty if nothing is. */
    static Optional<Problem> wrong(Headers headers) {
        if (!names(headers, HeaderNames.CONNECTION, "upgrade") || !names(headers, HeaderNames.UPGRADE, "websocket")) {
            return Optional.of(upgradeRequired("this path is for WebSockets: Connection: Upgrade, Upgrade: websocket"));
        }
        if (!headers.first(WS_VERSION).filter(VERSION::equals).isPresent()) {
            return Optional.of(upgradeRequired("Sec-WebSocket-Version must be " + VERSION));
        }
        if (key(headers).isEmpty()) {
            return Optional.of(Problem.badRequest("Sec-WebSocket-Key must be one, of 16 bytes in base64"));
        }
        return Optional.empty();
    }

    private static Problem upgradeRequired(String detail) {
        return new Problem("upgrade-required", 426, "Upgrade required", detail);
    }

    /** Returns whether the header, a case-insensitive list, contains the value. */
    private static boolean names(Headers headers, HeaderName header, String wanted) {
        return headers.all(header, List::of).stream()
                .flatMap(value -> List.of(value.split(",", -1)).stream())
                .anyMatch(token -> token.strip().equalsIgnoreCase(wanted));
    }

    private static Optional<String> key(Headers headers) {
        List<String> keys = headers.all(WS_KEY, List::of);
        try {
            return keys.size() == 1 && Base64.getDecoder().decode(keys.getFirst()).length == KEY_BYTES
                    ? Optional.of(keys.getFirst())
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Returns the head of the response to a valid request. */
    static String agreement(Headers headers) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1")
                    .digest((key(headers).orElseThrow() + RFC_6455).getBytes(US_ASCII));
            return SWITCHING_PROTOCOL_PREFIX + Base64.getEncoder().encodeToString(hash) + SWITCHING_PROTOCOLS_SUFFIX;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has this algorithm
        }
    }
}
