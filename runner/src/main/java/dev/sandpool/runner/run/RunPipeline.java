package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.Admission.Refusal;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.RunCancellation.Reason;
import dev.sandpool.runner.run.RunEnding.Outcome;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.pool.ClaimedSandbox;
import dev.sandpool.runner.sandbox.pool.NoSandboxException;
import dev.sandpool.runner.sandbox.pool.WarmPool;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request's way to its answer: show life, be admitted, claim a sandbox, run. A client that goes away ends it at any step. */
public final class RunPipeline {
    private static final Logger LOG = LoggerFactory.getLogger(RunPipeline.class);
    // A run that begins anew gets what is left of its time; with less than this it could not do much.
    private static final Duration SHORTEST_SECOND_TRY = Duration.ofSeconds(1);
    // For what a run that is over printed last, to a client that is told of it as it comes.
    private static final Duration LAST_OUTPUT = Duration.ofSeconds(2);

    private final Services services;
    private final RunService.ActiveRun entry;
    private final RunSource submission;
    private final Upload upload;
    private final RunClient client;
    private final RunOutput output;
    private final RunPhases phases = new RunPhases();
    private final RunCancellation cancellation;
    private Optional<SandboxUse> use = Optional.empty();
    private Optional<RunResult> result = Optional.empty();
    private Patience patience = Patience.ofThePool();
    private Duration timeLeft = Duration.ZERO;
    private long outputLimit = Long.MAX_VALUE;
    private volatile @Nullable ClaimedSandbox claimed;

    /** What all attempts share. */
    public record Services(
            WarmPool pool,
            Callers callers,
            Admission admission,
            StalledUploadMonitor stalledUploads,
            Drain drain,
            FairSemaphore pendingUploads) {}

    public RunPipeline(
            Services services,
            RunService.ActiveRun entry,
            RunSource submission,
            Upload upload,
            RunClient client,
            RunOutput output) {
        this.services = services;
        this.entry = entry;
        this.cancellation = entry.cancellation();
        this.submission = submission;
        this.upload = upload;
        this.client = client;
        this.output = output;
    }

    public RunPhases phases() {
        return phases;
    }

    /** The last sandbox that it was given. */
    Optional<SandboxUse> use() {
        return use;
    }

    /** The most bytes of each of the two output streams. */
    long outputLimit() {
        return outputLimit;
    }

    /** How the run ended, if there was one. */
    Optional<RunResult> result() {
        return result;
    }

    /** Its caller has asked to end it. From any thread. */
    public void cancel() {
        cancellation.cancel(Reason.ASKED_FOR);
    }

    /** Sends a signal to the program, if it runs. From any thread. */
    public void signal(int number) {
        ClaimedSandbox sandbox = claimed;
        if (sandbox != null) {
            sandbox.signal(number);
        }
    }

    /**
     * Takes the request to its answer.
     *
     * @param announcedBytes the body's size as the client gave it, 0 if it did not
     */
    public RunEnding answer(long announcedBytes) {
        entry.begin();
        try {
            return identify(announcedBytes);
        } catch (InterruptedException e) {
            return RunEndings.cancelled(cancellation, RunEndings.shuttingDown());
        } finally {
            cancellation.endBy(() -> {});
            // An interrupt that came too late to end a wait must not close the socket under the answer.
            var _ = Thread.interrupted();
            client.readOnDemand();
        }
    }

    /** Before anything else: who may not run programs learns nothing of the pool, and costs nothing. */
    private RunEnding identify(long announcedBytes) throws InterruptedException {
        return switch (entry.identity()) {
            case Callers.Identified identified -> showLife(identified.caller(), announcedBytes);
            case Callers.Rejected rejected -> RunEndings.rejected(rejected);
        };
    }

    /** The body's first bytes have to be here before the request may hold up others. */
    private RunEnding showLife(Caller caller, long announcedBytes) throws InterruptedException {
        Optional<SandboxLimits> limits = services.pool.limits();
        if (announcedBytes > limits.map(submission::mostBytes).orElse(Long.MAX_VALUE)) {
            return RunEndings.tooLarge();
        }
        if (services.drain.stage() == Drain.Stage.REFUSING) {
            return RunEndings.shuttingDown();
        }
        Optional<Refusal> refusal = services.admission.refusal(caller);
        if (refusal.isPresent()) {
            return RunEndings.refused(refusal.get());
        }
        Optional<FairSemaphore.Permit> permit = services.pendingUploads.tryAcquire(caller);
        if (permit.isEmpty()) {
            return RunEndings.refused(
                    services.pendingUploads.holdsAny(caller)
                            ? services.admission.excess(caller)
                            : services.admission.overload());
        }
        cancellation.endBy(this::stopUpload);
        // Not for those who were refused: to read ahead takes memory.
        client.readAhead(() -> cancellation.cancel(Reason.CLIENT_GONE));
        RunRequest request;
        try (var _ = permit.get()) {
            upload.awaitFirstBytes(submission.mayTrickle());
            request = submission.read(upload, limits);
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
        phases.end(Phase.SEND);
        if (submission.waitsInTheTimeOfItsRun() && limits.isPresent()) {
            patience = Patience.of(limits.get().runTimeout(), System::nanoTime);
        }
        return admit(request, caller);
    }

    private RunEnding admit(RunRequest request, Caller caller) throws InterruptedException {
        try (var ticket = services.admission.draw(caller)) {
            cancellation.endBy(ticket::cancel);
            Admission.Place place = ticket.awaitAtMost(patience.wait(services.admission.timeout()));
            phases.end(Phase.QUEUE);
            return switch (place) {
                case ADMITTED -> useSlot(request, caller);
                case CANCELLED -> RunEndings.cancelled(cancellation, RunEndings.failed());
                case REFUSED, TOO_MANY, TOO_OFTEN, DISPLACED, TIMED_OUT, QUEUED -> RunEndings.refused(ticket.refusal());
            };
        }
    }

    private RunEnding useSlot(RunRequest request, Caller caller) throws InterruptedException {
        cancellation.endBy(this::stopUpload);
        try (var _ = services.stalledUploads.watch(client, cancellation)) {
            submission.admitted();
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
        return runUpToTwice(request, caller);
    }

    /** A sandbox that was lost before its program began is ours to replace; a program that may have run is never run again. */
    private RunEnding runUpToTwice(RunRequest request, Caller caller) throws InterruptedException {
        RunEnding answer = claim(request, caller);
        if (answer.outcome() != Outcome.SANDBOX_LOST || output.hasStarted() || !upload.isRepeatable()) {
            return answer;
        }
        Duration left = timeLeft;
        if (left.compareTo(SHORTEST_SECOND_TRY) < 0 || cancellation.reason().isPresent()) {
            return answer;
        }
        LOG.atInfo().log("a run whose sandbox was lost before it began is begun anew");
        try {
            upload.repeat();
            return claim(submission.read(upload, services.pool.limits()).within(left), caller);
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
    }

    private RunEnding claim(RunRequest request, Caller caller) throws InterruptedException {
        cancellation.endBy(Thread.currentThread()::interrupt);
        Duration left = services.admission.timeout().minus(phases.duration(Phase.QUEUE));
        try (ClaimedSandbox sandbox = services.pool.claim(caller.key(), patience.wait(left))) {
            phases.end(Phase.CLAIM);
            var given = new SandboxUse(sandbox.name(), sandbox.revision().name(), sandbox.run());
            use = Optional.of(given);
            outputLimit = Math.min(
                    request.asked().outputBytes().orElse(Long.MAX_VALUE),
                    sandbox.revision().limits().outputBytes());
            output.claimed(given);
            output.mustBeTakenWithin(sandbox.timeLeft().plus(LAST_OUTPUT));
            claimed = sandbox;
            try {
                return run(sandbox, patience.within(request));
            } finally {
                claimed = null;
            }
        } catch (NoSandboxException e) {
            phases.end(Phase.CLAIM);
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("no sandbox for a run");
            return RunEndings.noSandbox(services.admission.overload());
        }
    }

    private RunEnding run(ClaimedSandbox sandbox, RunRequest request) {
        cancellation.endBy(() -> {
            stopUpload();
            sandbox.close();
            output.mustBeTakenWithin(LAST_OUTPUT);
        });
        // Left over from the claim, if the cancellation came as it succeeded.
        var _ = Thread.interrupted();
        upload.mustEndWithin(patience.forRun(sandbox.timeLeft()));
        RunResult ended;
        try (var stalledUploads = services.stalledUploads.watch(client, cancellation)) {
            ended = sandbox.run(request, output, () -> {
                phases.sent();
                // Who types has all the time that his program has.
                stalledUploads.uploaded();
            });
        }
        phases.ended();
        timeLeft = sandbox.timeLeft();
        result = Optional.of(ended);
        return patience.cutShort(ended, request)
                ? RunEndings.cutShort(services.admission.overload())
                : answer(sandbox, ended);
    }

    private RunEnding answer(ClaimedSandbox sandbox, RunResult ended) {
        if (output.failure().isPresent()) {
            LOG.atError().setCause(output.failure().get()).log("could not keep a program's output");
            return RunEndings.failed();
        }
        if (ended instanceof RunResult.SandboxLost lost) {
            LOG.atError()
                    .addKeyValue("sandbox", sandbox.name())
                    .addKeyValue("detail", lost.detail())
                    .log("lost a sandbox during a run");
        }
        return RunEndings.of(ended, upload.ending(), cancellation);
    }

    private void stopUpload() {
        client.stop(new UploadStoppedException("the request was cancelled"));
    }

    private RunEnding uploadFailed() {
        return RunEndings.cancelled(cancellation, RunEndings.uploadFailed(upload.ending()));
    }
}
