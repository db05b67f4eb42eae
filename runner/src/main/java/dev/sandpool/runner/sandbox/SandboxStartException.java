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
        /** The node does not have the seccomp profile that the pod names. */
        SECCOMP_PROFILE,
        /** The node does not let an embedded gVisor have namespaces of its own. */
        USER_NAMESPACES,
        API_SERVER,
        ATTACH,
        /** What came up is not what contained says. */
        PROTOCOL,
        LOCAL_PROCESS;

        /** Of a sandbox that ended before it was warm, by what it and its pod said. Its words choose among these two, and no more. */
        public static Reason ofAnEnd(String words) {
            return words.toLowerCase(Locale.ROOT).contains("user namespace") ? USER_NAMESPACES : ENDED_EARLY;
        }

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
