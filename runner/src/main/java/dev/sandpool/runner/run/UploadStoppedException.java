package dev.sandpool.runner.run;

/** Waiting for the client's next bytes was given up, by a deadline or because another one needs the slot. */
public final class UploadStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public UploadStoppedException(String message) {
        super(message);
    }
}
