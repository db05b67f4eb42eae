package dev.sandpool.runner.config;

import java.util.List;

/** The settings can't be used; the message has all that is wrong, a line each. */
public final class BadConfigException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String lines;

    BadConfigException(List<String> errors) {
        super("bad settings");
        lines = String.join("\n", errors);
    }

    public String lines() {
        return lines;
    }
}
