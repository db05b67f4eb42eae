package dev.sandpool.runner.telemetry;

import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import java.util.ArrayList;
import java.util.List;

/** All who want to know of runs, told in turn. What it opened it closes. */
public final class RunListeners implements RunListener, AutoCloseable {
    private final List<RunListener> all = new ArrayList<>();

    /** Those that settings ask for. Where no traces are wanted, nothing of OpenTelemetry is loaded. */
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

    /** When no run is under way any more: what is not told yet is told, for a bounded time. */
    @Override
    public void close() {
        for (var listener : all) {
            if (listener instanceof RunSpans spans) {
                spans.close();
            }
        }
    }
}
