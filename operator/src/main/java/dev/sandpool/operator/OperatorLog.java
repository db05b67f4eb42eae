package dev.sandpool.operator;

import dev.sandpool.log.Log;
import dev.sandpool.log.LogFormat;
import java.util.Map;
import java.util.logging.Level;

/** An operator's log. */
final class OperatorLog {
    private static final Map<String, Level> LEVELS = Map.of(
            // Its start-up lines say nothing of ours.
            "io.helidon",
            Level.WARNING,
            // Says at each start that v1alpha1 is not stable, which is what the name says.
            "io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils",
            Level.SEVERE);

    private OperatorLog() {}

    static void configure(LogFormat format) {
        Log.configure(format, LEVELS);
    }
}
