package dev.sandpool.runner.run;

/** What a client sent makes no run, and this is the answer. */
public final class NoRunException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient RunEnding ending;

    /** It breaks a rule. */
    public NoRunException(Problem problem) {
        super(problem.detail());
        ending = new RunEnding.Invalid(problem);
    }

    /** There is no room for it now. */
    NoRunException(RunEnding.Refused refused) {
        super(refused.text());
        ending = refused;
    }

    /** It was answered before. */
    public NoRunException(RunEnding.Repeated repeated) {
        super("the answer is known");
        ending = repeated;
    }

    public RunEnding ending() {
        return ending;
    }
}
