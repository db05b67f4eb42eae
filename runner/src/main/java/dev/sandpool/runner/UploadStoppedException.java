package dev.sandpool.runner;

/** Waiting for the client's next bytes was given up, by a deadline or because another one needs the slot. */
final class UploadStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UploadStoppedException(String message) {
        super(message);
    }
}
