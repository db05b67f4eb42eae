package dev.sandpool.runner.sandbox;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A sandbox did not become warm. */
public final class SandboxStartException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why; the closed set of a metric's label values and of the readiness text. */
    public enum Reason {
        IMAGE_PULL,
        QUOTA,
        UNSCHEDULABLE,
        FORBIDDEN,
        REFUSED_FACT,
        DEADLINE,
        ENDED_EARLY,
        API_SERVER,
        ATTACH,
        /** What came up is not what contained says. */
        PROTOCOL,
        LOCAL_PROCESS;

        /** As conditions and status entries have it: {@code ImagePull}. */
        public String camelCase() {
            return Arrays.stream(name().split("_"))
                    .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining());
        }
    }

    private final Reason reason;

    public SandboxStartException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public SandboxStartException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
