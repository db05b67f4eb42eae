package dev.sandpool.runner.sandbox;

/** A sandbox did not become warm. */
public final class SandboxStartException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why; the closed set of a metric's label values and of the readiness text. */
    public enum Reason {
        IMAGE_PULL,
        QUOTA,
        UNSCHEDULABLE,
        FORBIDDEN,
        REFUSED_FACT,
        DEADLINE,
        ENDED_EARLY,
        API_SERVER,
        ATTACH,
        LOCAL_PROCESS
    }

    private final Reason reason;

    public SandboxStartException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public SandboxStartException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
