package dev.sandpool.runner;

import dev.sandpool.log.Log;
import dev.sandpool.log.LogFormat;
import java.util.Map;
import org.slf4j.event.Level;

/** The configuration of a runner's log. */
final class RunnerLog {
    // Its start-up lines repeat those of the runner.
    private static final Map<String, Level> LEVELS = Map.of("io.helidon", Level.WARN);

    private RunnerLog() {}

    static void configure(LogFormat format) {
        Log.configure(format, LEVELS);
    }
}
