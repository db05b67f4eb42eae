package dev.sandpool.runner;

import java.io.IOException;

/** While what a client sends was read, it turned out to make no run. */
final class BadInputException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    BadInputException(Problem problem) {
        super(problem.detail());
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
