package dev.sandpool.protocol;

/** Why contained left a file out of those that it sent, as OUTPUT_FILE_OMITTED says it. */
public enum Omission {
    /** No file has the name that was asked for. */
    MISSING(0, "missing"),
    /** Its permissions, or those of its folder, forbid to read it; or reading it failed. */
    UNREADABLE(1, "unreadable"),
    /** A link, a folder, a pipe, a socket or a device. */
    NOT_A_FILE(2, "not-a-file"),
    /** With it the files would be larger than they may be together. */
    TOO_LARGE(3, "too-large"),
    /** There were as many files before it as there may be. */
    TOO_MANY(4, "too-many"),
    /** Its path is one that no working file may have, so it is counted and not named. */
    BAD_NAME(5, "bad-name"),
    /** The search for patterns ended before it had seen all that the program left. */
    TOO_MANY_ENTRIES(6, "too-many-entries"),
    /** The time for sending files was up. */
    NO_TIME(7, "no-time");

    private final int code;
    private final String wireName;

    Omission(int code, String wireName) {
        this.code = code;
        this.wireName = wireName;
    }

    int code() {
        return code;
    }

    /** The name in {@code docs/protocol.md}. */
    public String wireName() {
        return wireName;
    }

    static Omission ofCode(int code) {
        for (Omission omission : values()) {
            if (omission.code == code) {
                return omission;
            }
        }
        throw new IllegalArgumentException("unknown omission " + code);
    }

    /** Whether files that it is about are counted one by one, and may be named. */
    boolean hasFiles() {
        return this != TOO_MANY_ENTRIES && this != NO_TIME;
    }
}
