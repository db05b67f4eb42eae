package dev.sandpool.runner;

import dev.sandpool.runner.RunRecord.Api;
import dev.sandpool.runner.sandbox.RunResult;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;

/** What all endpoints that run programs share: the means of a run, and the book in which each is entered when it is over. */
final class RunDesk {
    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");
    private static final int ID_BYTES = 10;

    private final RunAttempt.Services services;
    private final Path spoolDirectory;
    private final MemoryBudget memory;
    private final ScheduledExecutorService clock;
    private final RunnerMetrics metrics;
    private final List<RunListener> listeners;

    /** @param listeners are told of each run that is over, in this order */
    RunDesk(
            RunAttempt.Services services,
            Path spoolDirectory,
            MemoryBudget memory,
            ScheduledExecutorService clock,
            RunnerMetrics metrics,
            List<RunListener> listeners) {
        this.services = services;
        this.spoolDirectory = spoolDirectory;
        this.memory = memory;
        this.clock = clock;
        this.metrics = metrics;
        this.listeners = List.copyOf(listeners);
    }

    RunAttempt.Services services() {
        return services;
    }

    MemoryBudget memory() {
        return memory;
    }

    ScheduledExecutorService clock() {
        return clock;
    }

    OutputSpool spool() {
        return new OutputSpool(spoolDirectory, memory);
    }

    /** So many bytes of an answer went out. */
    void sent(long bytes) {
        metrics.bytesOut(bytes);
    }

    /** A request for a run has come. */
    Entry open(Api api, ServerRequest request) {
        return new Entry(api, newId(), request.remotePeer().host(), traceParent(request));
    }

    private static Optional<String> traceParent(ServerRequest request) {
        return request.headers().first(TRACE_PARENT);
    }

    private static String newId() {
        byte[] bytes = new byte[ID_BYTES];
        ThreadLocalRandom.current().nextBytes(bytes);
        return "r" + HexFormat.of().formatHex(bytes);
    }

    /** One request, from its headers to its end. */
    final class Entry {
        private final Api api;
        private final String id;
        private final String caller;
        private final Optional<String> traceParent;
        private final Instant begun = Instant.now();

        private Entry(Api api, String id, String caller, Optional<String> traceParent) {
            this.api = api;
            this.id = id;
            this.caller = caller;
            this.traceParent = traceParent;
        }

        String id() {
            return id;
        }

        /** It is over: whoever wants to know is told. */
        void ended(Answer answer, RunAttempt attempt, Upload upload, RunOutput output) {
            var record = new RunRecord(
                    id,
                    api,
                    caller,
                    traceParent,
                    begun,
                    attempt.phases(),
                    answer.outcome(),
                    attempt.result().map(RunDesk::exitCode).orElse(OptionalInt.empty()),
                    attempt.result().map(RunDesk::signal).orElse(OptionalInt.empty()),
                    attempt.use(),
                    attempt.result().map(RunResult::facts).orElse(RunResult.Facts.NONE),
                    upload.count(),
                    output.stdoutBytes(),
                    output.stderrBytes());
            listeners.forEach(listener -> listener.ended(record));
        }
    }

    private static OptionalInt exitCode(RunResult result) {
        return result instanceof RunResult.Exited exited ? OptionalInt.of(exited.code()) : OptionalInt.empty();
    }

    private static OptionalInt signal(RunResult result) {
        return result instanceof RunResult.Signalled signalled
                ? OptionalInt.of(signalled.signal())
                : OptionalInt.empty();
    }
}
