package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongConsumer;

/** Runs programs for all endpoints: {@link #open} a request, {@link #run} it, and write an answer of the {@link CompletedRun}. */
public final class RunService {
    // Whoever knows a run's id, and counts as the same caller, can cancel it and read its answer: nobody guesses 128
    // bits.
    private static final int ID_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Services services;
    private final Path spoolDirectory;
    private final ScheduledExecutorService clock;
    private final LongConsumer sent;
    private final List<RunListener> listeners;

    /**
     * What all runs share.
     *
     * @param pendingUploads for requests that have yet to show that their clients send something
     * @param optionPieces what options that are larger than usual are held in
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
     * The service of one server.
     *
     * @param sent is told how many bytes of each answer went out
     * @param listeners are told of each run that is over, in this order
     */
    public RunService(
            Services services,
            Path spoolDirectory,
            ScheduledExecutorService clock,
            LongConsumer sent,
            List<RunListener> listeners) {
        this.services = services;
        this.spoolDirectory = spoolDirectory;
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

    public OutputSpool spool() {
        return new OutputSpool(spoolDirectory, services.memory());
    }

    /** So many bytes of an answer went out. */
    public void sent(long bytes) {
        sent.accept(bytes);
    }

    /**
     * A request for a run has come.
     *
     * @param traceParent where the request belongs in a trace, as its header says it
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
     * Takes a request to its end, whatever that is, and tells those who want to know. Where there is an answer to be kept, the run goes on until its
     * endpoint {@linkplain ActiveRun#finish finishes} it.
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
