package dev.sandpool.runner.run;

/**
 * Thrown when the wait for the client's next bytes ends because of a deadline, or because another request needs the
 * slot.
 */
public final class UploadStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UploadStoppedException(String message) {
        super(message);
    }
}
