package dev.sandpool.runner;

import java.io.IOException;

/** A request body that is not what its {@code Content-Encoding} or {@code Transfer-Encoding} says. The message is for the client. */
final class CorruptBodyException extends IOException {
    private static final long serialVersionUID = 1L;

    CorruptBodyException(String message, Throwable cause) {
        super(message, cause);
    }

    CorruptBodyException(String message) {
        super(message);
    }
}
