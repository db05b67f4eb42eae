package dev.sandpool.runner.sandbox;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Thrown when a sandbox did not become warm. */
public final class SandboxStartException extends Exception {
    private static final long serialVersionUID = 1L;

    /** The reason: the closed set of label values of a metric, also used by the readiness text. */
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
        /** The node does not let an embedded gVisor create user namespaces. */
        USER_NAMESPACES,
        API_SERVER,
        ATTACH,
        /** The sandbox did not speak contained's protocol. */
        PROTOCOL,
        LOCAL_PROCESS;

        /**
         * Returns the reason for a sandbox that ended before it was warm, from what it and its pod reported. These
         * words are hostile: they can choose only one of two reasons.
         */
        public static Reason ofAnEnd(String words) {
            return words.toLowerCase(Locale.ROOT).contains("user namespace") ? USER_NAMESPACES : ENDED_EARLY;
        }

        /** Returns the name as conditions and status entries write it, for example {@code ImagePull}. */
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
