package dev.sandpool.operator;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All settings of an operator. They are environment variables. */
enum OperatorSetting {
    RUNNER_IMAGE(null, "the image of runners, for pools whose spec.runner.image is not set"),
    NAMESPACES("", "the namespaces whose pools it manages, separated by commas; empty: all"),
    NAMESPACE(null, "the operator's own namespace, where its Lease is"),
    POD_NAME(null, "the name of the operator's pod, its identity in the leader election"),
    LISTEN("0.0.0.0:8081", "address and port of /livez, /readyz and /metrics"),
    LOG_FORMAT("text", "the form of the log: text or json, an object on each line");

    static final String PREFIX = "SANDPOOL_OPERATOR_";

    private final Optional<String> defaultText;
    private final String meaning;

    OperatorSetting(@Nullable String defaultText, String meaning) {
        this.defaultText = Optional.ofNullable(defaultText);
        this.meaning = meaning;
    }

    static boolean isKnown(String variable) {
        return Arrays.stream(values()).anyMatch(setting -> setting.variable().equals(variable));
    }

    String variable() {
        return PREFIX + name();
    }

    /** Returns the default; empty if the setting is required. */
    Optional<String> defaultText() {
        return defaultText;
    }

    String meaning() {
        return meaning;
    }
}
