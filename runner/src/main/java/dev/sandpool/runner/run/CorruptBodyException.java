package dev.sandpool.runner.run;

import java.io.IOException;

/**
 * Thrown when a request body does not match its {@code Content-Encoding} or {@code Transfer-Encoding}. The message is
 * for the client.
 */
public final class CorruptBodyException extends IOException {
    private static final long serialVersionUID = 1L;

    public CorruptBodyException(String message, Throwable cause) {
        super(message, cause);
    }

    public CorruptBodyException(String message) {
        super(message);
    }
}
