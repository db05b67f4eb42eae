package dev.sandpool.runner.sandbox;

/** One of the two output streams of a program. */
public enum StandardStream {
    STDOUT("stdout"),
    STDERR("stderr");

    private final String label;

    StandardStream(String label) {
        this.label = label;
    }

    /** Returns the name that every API uses. */
    public String label() {
        return label;
    }

    /** Returns the other one of the two streams. */
    public StandardStream other() {
        return this == STDOUT ? STDERR : STDOUT;
    }
}
