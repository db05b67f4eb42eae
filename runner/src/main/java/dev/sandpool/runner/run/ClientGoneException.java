package dev.sandpool.runner.run;

import java.io.IOException;

/** A client went away before all of its request had come. */
public final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    public ClientGoneException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
