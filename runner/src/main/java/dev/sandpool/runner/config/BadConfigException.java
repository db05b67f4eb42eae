package dev.sandpool.runner.config;

import java.util.List;

/** Thrown when the settings cannot be used. The message lists all errors, one per line. */
public final class BadConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String lines;

    BadConfigException(List<String> errors) {
        super("bad settings");
        lines = String.join("\n", errors);
    }

    /** Returns all errors, one per line. */
    public String lines() {
        return lines;
    }
}
