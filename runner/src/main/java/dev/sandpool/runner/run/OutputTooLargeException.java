package dev.sandpool.runner.run;

import java.io.IOException;

/** Thrown when one run prints more than the disk takes of one caller. It would not help to run it again. */
final class OutputTooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    OutputTooLargeException(long most) {
        super("the output of this run has more than the %d bytes that one caller may have on the disk of a runner"
                .formatted(most));
    }
}
