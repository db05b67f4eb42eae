package dev.sandpool.runner.run;

import java.io.IOException;

/** A request body that is not what its {@code Content-Encoding} or {@code Transfer-Encoding} says. The message is for the client. */
public final class CorruptBodyException extends IOException {
    private static final long serialVersionUID = 1L;

    public CorruptBodyException(String message, Throwable cause) {
        super(message, cause);
    }

    public CorruptBodyException(String message) {
        super(message);
    }
}
