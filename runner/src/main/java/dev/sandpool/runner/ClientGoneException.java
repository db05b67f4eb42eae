package dev.sandpool.runner;

import java.io.IOException;

/** A client went away before all of its request had come. */
final class ClientGoneException extends IOException {
    private static final long serialVersionUID = 1L;

    ClientGoneException(Throwable cause) {
        super(cause.getMessage(), cause);
    }
}
