package dev.sandpool.protocol;

/** The numbers of the protocol that both ends must agree on. */
public final class Protocol {
    /** What HELLO says; a peer of another version is refused, since nothing is known about the rest of its frames. */
    public static final int VERSION = 3;

    /** Type and length. */
    public static final int HEADER_BYTES = 5;

    /** Also the most that a reader allocates on the word of its peer. */
    public static final int MAX_PAYLOAD_BYTES = 65_536;

    public static final int MAX_PING_BYTES = 64;

    public static final int MAX_FACTS = 64;

    /** So many bytes of STDIN may be on their way that STDIN_READ has not acknowledged. */
    public static final int STDIN_WINDOW_BYTES = 65_536;

    /** The flags of START. */
    static final int FLAG_REUSE = 1;

    static final int FLAG_ZSTD = 2;

    /** Working files of one run. */
    public static final int MAX_FILES = 1024;

    /** What may be asked for in COLLECT. */
    public static final int MAX_PATTERNS = 32;

    /** Of all patterns in COLLECT together. */
    public static final int MAX_PATTERN_BYTES = 2048;

    /** Omitted files of one run that contained names; it counts those after them. */
    public static final int MAX_OMITTED_NAMES = 100;

    /** In the path of a working file. */
    public static final int MAX_PATH_BYTES = 255;

    public static final int MAX_PATH_COMPONENTS = 16;

    private Protocol() {}
}
