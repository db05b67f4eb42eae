package dev.sandpool.runner.run;

import java.io.IOException;

/** Thrown when a client disconnects before all of its request has come. */
public final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    public ClientGoneException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
