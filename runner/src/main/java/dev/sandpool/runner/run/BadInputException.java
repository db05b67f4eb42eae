package dev.sandpool.runner.run;

import java.io.IOException;

/** While what a client sends was read, it turned out to make no run. */
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
