package dev.sandpool.protocol;

/** How a run ended, as EXIT says it. */
public enum ExitOutcome {
    EXITED(0, "exited"),
    SIGNALLED(1, "signalled"),
    TIMED_OUT(2, "timed-out"),
    OUTPUT_LIMIT(3, "output-limit"),
    OUT_OF_MEMORY(4, "out-of-memory"),
    FAILED_TO_START(5, "failed-to-start"),
    KILLED(6, "killed"),
    PROTOCOL_ERROR(7, "protocol-error"),
    INTERNAL_ERROR(8, "internal-error"),
    CPU_TIME_EXCEEDED(9, "cpu-time-exceeded");

    private final int code;
    private final String wireName;

    ExitOutcome(int code, String wireName) {
        this.code = code;
        this.wireName = wireName;
    }

    int code() {
        return code;
    }

    /** The name in {@code docs/protocol.md}: for logs and metric labels. */
    public String wireName() {
        return wireName;
    }

    static ExitOutcome ofCode(int code) {
        for (ExitOutcome outcome : values()) {
            if (outcome.code == code) {
                return outcome;
            }
        }
        throw new IllegalArgumentException("unknown outcome " + code);
    }

    boolean hasMessage() {
        return switch (this) {
            case FAILED_TO_START, PROTOCOL_ERROR, INTERNAL_ERROR -> true;
            case EXITED, SIGNALLED, TIMED_OUT, OUTPUT_LIMIT, OUT_OF_MEMORY, KILLED, CPU_TIME_EXCEEDED -> false;
        };
    }
}
