package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongConsumer;

/**
 * Runs programs for all endpoints: {@link #open} a request, {@link #run} it, and write a response from the {@link
 * CompletedRun}. Thread-safe.
 */
public final class RunService {
    // A client that knows a run's id, and counts as the same caller, can cancel the run and read its answer. 128 bits
    // cannot be guessed.
    private static final int ID_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Services services;
    private final SpoolDisk disk;
    private final ScheduledExecutorService clock;
    private final LongConsumer sent;
    private final List<RunListener> listeners;

    /**
     * What all runs share.
     *
     * @param pendingUploads permits for requests whose clients have not sent anything yet
     * @param optionPieces permits for options that are larger than usual
     */
    public record Services(
            WarmPool pool,
            Callers callers,
            Admission admission,
            StalledUploadMonitor stalledUploads,
            Drain drain,
            FairSemaphore pendingUploads,
            FairSemaphore optionPieces,
            MemoryBudget memory,
            ActiveRuns active,
            AnswerCache answers) {}

    /**
     * Creates the service of one server.
     *
     * @param disk takes the outputs for which there is no memory
     * @param sent receives the number of bytes of each response that were sent
     * @param listeners receive each run that is over, in this order
     */
    public RunService(
            Services services,
            SpoolDisk disk,
            ScheduledExecutorService clock,
            LongConsumer sent,
            List<RunListener> listeners) {
        this.services = services;
        this.disk = disk;
        this.clock = clock;
        this.sent = sent;
        this.listeners = List.copyOf(listeners);
    }

    public Services services() {
        return services;
    }

    public MemoryBudget memory() {
        return services.memory();
    }

    public ScheduledExecutorService clock() {
        return clock;
    }

    /** Returns the spool for the output of one run. */
    public OutputSpool spool(ActiveRun run) {
        return new OutputSpool(disk.part(() -> run.caller().orElseThrow()), services.memory());
    }

    /** Counts {@code bytes} of a response as sent. */
    public void sent(long bytes) {
        sent.accept(bytes);
    }

    /**
     * Opens a request for a run.
     *
     * @param traceParent the header that places the request in a trace
     */
    public ActiveRun open(Api api, Callers.Identity identity, Optional<String> traceParent) {
        return new ActiveRun(services, api, newId(), identity, traceParent);
    }

    private static String newId() {
        byte[] bytes = new byte[ID_BYTES];
        RANDOM.nextBytes(bytes);
        return "r" + HexFormat.of().formatHex(bytes);
    }

    /**
     * Takes a request to its end, whatever that is, and calls the listeners. If there is an answer to cache, the run
     * stays active until its endpoint {@linkplain ActiveRun#finish finishes} it.
     */
    public CompletedRun run(ActiveRun run, RunSource source, Upload upload, RunOutput output) {
        CompletedRun completed = new RunPipeline(services, run, source, upload, output).run();
        listeners.forEach(listener -> listener.ended(completed));
        if (!(completed.answer() instanceof RunAnswer.Ended)) {
            run.finish();
        }
        return completed;
    }
}
