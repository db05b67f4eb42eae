package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.LOG_FORMAT;
import static dev.sandpool.runner.config.Setting.RUN_LOG;

import dev.sandpool.log.LogFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of logs and traces.
 *
 * @param runLog whether each completed run is logged
 * @param traces the target of traces; empty: none
 */
public record Telemetry(LogFormat logFormat, boolean runLog, Optional<TraceTarget> traces) {
    private enum Switch {
        ON,
        OFF;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static Telemetry read(Settings settings, Map<String, String> environment) {
        return new Telemetry(
                settings.oneOf(LOG_FORMAT, LogFormat.class),
                settings.oneOf(RUN_LOG, Switch.class) == Switch.ON,
                TraceTarget.read(environment, settings::reject));
    }

    String inWords() {
        return "log-format=" + logFormat
                + " run-log=" + (runLog ? Switch.ON : Switch.OFF)
                + " traces=" + traces.map(TraceTarget::inWords).orElse("none");
    }
}
