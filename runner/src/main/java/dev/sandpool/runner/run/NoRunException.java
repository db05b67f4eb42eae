package dev.sandpool.runner.run;

/** What a client sent makes no run, and this is the answer. */
public final class NoRunException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient RunAnswer answer;

    /** It breaks a rule. */
    public NoRunException(Problem problem) {
        super(problem.detail());
        answer = new RunAnswer.Invalid(problem);
    }

    /** There is no room for it now. */
    NoRunException(RunAnswer.Refused refused) {
        super(refused.text());
        answer = refused;
    }

    /** It was answered before. */
    public NoRunException(RunAnswer.Repeated repeated) {
        super("the answer is known");
        answer = repeated;
    }

    public RunAnswer answer() {
        return answer;
    }
}
