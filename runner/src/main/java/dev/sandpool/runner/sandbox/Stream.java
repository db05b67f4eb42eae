package dev.sandpool.runner.sandbox;

/** One of the two output streams of a program. */
public enum Stream {
    STDOUT("stdout"),
    STDERR("stderr");

    private final String label;

    Stream(String label) {
        this.label = label;
    }

    /** Returns the name that every API uses. */
    public String label() {
        return label;
    }

    /** Returns the other one of the two streams. */
    public Stream other() {
        return this == STDOUT ? STDERR : STDOUT;
    }
}
