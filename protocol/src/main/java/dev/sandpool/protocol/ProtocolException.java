package dev.sandpool.protocol;

import java.io.IOException;

/**
 * The peer broke the protocol: it is hostile or broken, and whatever else it says is worth nothing. The message may go
 * to a log as it is: it holds numbers and our own words, never the peer's text.
 */
public final class ProtocolException extends IOException {
    private static final long serialVersionUID = 1L;

    public ProtocolException(String message) {
        super(message);
    }

    ProtocolException(String message, Throwable cause) {
        super(message, cause);
    }
}
