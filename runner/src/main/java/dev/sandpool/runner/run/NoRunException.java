package dev.sandpool.runner.run;

/** What a client sent makes no run, and this is the answer. */
public final class NoRunException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient RunEnding answer;

    /** It breaks a rule. */
    public NoRunException(Problem problem) {
        super(problem.detail());
        answer = new RunEnding.Bad(problem);
    }

    /** There is no room for it now. */
    NoRunException(RunEnding.Refused refused) {
        super(refused.text());
        answer = refused;
    }

    /** It was answered before. */
    public NoRunException(RunEnding.Repeated repeated) {
        super("the answer is known");
        answer = repeated;
    }

    public RunEnding answer() {
        return answer;
    }
}
