package dev.sandpool.runner.run;

import java.io.IOException;

/** Thrown when output that clients have not taken yet leaves no room for more. */
final class SpoolFullException extends IOException {
    private static final long serialVersionUID = 1L;

    SpoolFullException() {
        super("the outputs of other runs leave no room on the disk");
    }
}
