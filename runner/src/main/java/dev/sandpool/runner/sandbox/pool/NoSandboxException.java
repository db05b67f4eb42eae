package dev.sandpool.runner.sandbox.pool;

/** Thrown when no sandbox became warm in time. The message gives the reason, if the pool knows it. */
public final class NoSandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    public NoSandboxException(String message) {
        super(message);
    }
}
