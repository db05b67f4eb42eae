package dev.sandpool.runner.sandbox.pool;

/** No warm sandbox came in time; the message says why, where the pool knows it. */
public final class NoSandboxException extends Exception {
    private static final long serialVersionUID = 1L;

    public NoSandboxException(String message) {
        super(message);
    }
}
