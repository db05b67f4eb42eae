package dev.sandpool.runner.telemetry;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import dev.sandpool.runner.run.RunPhases.Phase;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** Logs one line for each completed run: facts, never what the program read or wrote. */
final class RunLog implements RunListener {
    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
    // The format of the W3C. Other values are not logged.
    private static final Pattern TRACE = Pattern.compile("[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?");

    @Override
    public void ended(CompletedRun run) {
        LoggingEventBuilder line = LOG.atInfo();
        for (var fact : facts(run).entrySet()) {
            line = line.addKeyValue(fact.getKey(), fact.getValue());
        }
        line.log("run ended");
    }

    private static Map<String, Object> facts(CompletedRun run) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("run", run.id());
        facts.put("api", run.api().label());
        facts.put("caller", run.caller());
        facts.put("outcome", run.outcome().label());
        run.exitCode().ifPresent(code -> facts.put("exitCode", code));
        run.signal().ifPresent(signal -> facts.put("signal", signal));
        for (var phase : Phase.values()) {
            facts.put(phase.label() + "Millis", millis(run.phases().duration(phase)));
        }
        run.sandbox().ifPresent(sandbox -> {
            facts.put("sandbox", sandbox.name());
            facts.put("revision", sandbox.revision());
            facts.put("sandboxRun", sandbox.run());
        });
        facts.put("cpuMillis", millis(run.usage().user().plus(run.usage().system())));
        facts.put("peakMemoryBytes", run.usage().peakMemoryBytes());
        facts.put("bytesIn", run.bytesIn());
        facts.put("stdoutBytes", run.stdoutBytes());
        facts.put("stderrBytes", run.stderrBytes());
        run.traceParent()
                .map(TRACE::matcher)
                .filter(Matcher::matches)
                .ifPresent(trace -> facts.put("trace", trace.group(1)));
        return facts;
    }

    /** Returns milliseconds, rounded to a tenth as in the header {@code Server-Timing}. */
    private static double millis(Duration time) {
        return Math.round(time.toNanos() / 1e5) / 10.0;
    }
}
