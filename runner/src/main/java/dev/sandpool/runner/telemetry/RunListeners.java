package dev.sandpool.runner.telemetry;

import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import java.util.ArrayList;
import java.util.List;

/** All listeners of completed runs, called in turn. It closes those that it created. */
public final class RunListeners implements RunListener, AutoCloseable {
    private final List<RunListener> all = new ArrayList<>();

    /** Creates the listeners that the settings ask for. Without traces, no class of OpenTelemetry is loaded. */
    public RunListeners(RunnerConfig config) {
        if (config.telemetry().runLog()) {
            all.add(new RunLog());
        }
        if (config.telemetry().traces().isPresent()) {
            all.add(RunSpans.to(config.telemetry().traces().get(), config.backend()));
        }
    }

    @Override
    public void ended(CompletedRun run) {
        all.forEach(listener -> listener.ended(run));
    }

    /** Exports what is still waiting, for a bounded time. Call it when no run is under way any more. */
    @Override
    public void close() {
        for (var listener : all) {
            if (listener instanceof RunSpans spans) {
                spans.close();
            }
        }
    }
}
