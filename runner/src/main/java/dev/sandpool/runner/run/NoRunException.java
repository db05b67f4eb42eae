package dev.sandpool.runner.run;

/** Thrown when a request leads to no run. It carries the answer. */
public final class NoRunException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient RunAnswer answer;

    /** The request breaks a rule. */
    public NoRunException(Problem problem) {
        super(problem.detail());
        answer = new RunAnswer.Invalid(problem);
    }

    /** There is no room for the request now. */
    NoRunException(RunAnswer.Refused refused) {
        super(refused.text());
        answer = refused;
    }

    /** The request was answered before. */
    public NoRunException(RunAnswer.Repeated repeated) {
        super("the answer is known");
        answer = repeated;
    }

    public RunAnswer answer() {
        return answer;
    }
}
