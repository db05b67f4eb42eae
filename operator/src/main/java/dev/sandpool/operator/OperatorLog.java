package dev.sandpool.operator;

import dev.sandpool.log.Log;
import dev.sandpool.log.LogFormat;
import java.util.Map;
import org.slf4j.event.Level;

/** The configuration of an operator's log. */
final class OperatorLog {
    private static final Map<String, Level> LEVELS = Map.of(
            // Its start-up lines say nothing about the operator.
            "io.helidon",
            Level.WARN,
            // It warns at each start that v1alpha1 is not stable, which the name already says.
            "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils",
            Level.ERROR);

    private OperatorLog() {}

    static void configure(LogFormat format) {
        Log.configure(format, LEVELS);
    }
}
