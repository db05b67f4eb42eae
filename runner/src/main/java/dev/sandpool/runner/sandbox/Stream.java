package dev.sandpool.runner.sandbox;

/** One of a program's two output streams. */
public enum Stream {
    STDOUT("stdout"),
    STDERR("stderr");

    private final String label;

    Stream(String label) {
        this.label = label;
    }

    /** Its name in every API. */
    public String label() {
        return label;
    }

    public Stream other() {
        return this == STDOUT ? STDERR : STDOUT;
    }
}
