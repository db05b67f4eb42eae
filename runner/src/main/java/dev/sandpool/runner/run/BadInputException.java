package dev.sandpool.runner.run;

import java.io.IOException;

/** Thrown while the client's input is read, when it turns out to be no valid run. */
public final class BadInputException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public BadInputException(Problem problem) {
        super(problem.detail());
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
