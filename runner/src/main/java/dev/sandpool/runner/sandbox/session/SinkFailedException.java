package dev.sandpool.runner.sandbox.session;

import java.io.IOException;

/** Thrown when the receiver of a run's output cannot keep it. The sandbox is not the cause. */
final class SinkFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    SinkFailedException(IOException cause) {
        super(cause);
    }
}
