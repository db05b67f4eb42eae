package dev.sandpool.runner;

/** What a client sent makes no run, and which rule it breaks. */
final class BadRunException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    BadRunException(Problem problem) {
        super(problem.detail());
        this.problem = problem;
    }

    Problem problem() {
        return problem;
    }
}
