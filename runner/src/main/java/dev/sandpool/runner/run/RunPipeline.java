package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Admission;
import dev.sandpool.runner.admission.Admission.Refusal;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.RunCancellation.Reason;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.StandardStream;
import dev.sandpool.runner.sandbox.pool.ClaimedSandbox;
import dev.sandpool.runner.sandbox.pool.NoSandboxException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one request through all steps, one method each: identify, await the upload, admit, claim a sandbox, run. A
 * client that disconnects ends it at any step.
 */
final class RunPipeline {
    private static final Logger LOG = LoggerFactory.getLogger(RunPipeline.class);
    // A second try gets the time that is left. With less than this it could not do much.
    private static final Duration SHORTEST_SECOND_TRY = Duration.ofSeconds(1);
    // The time to pass the last output of a completed run to a client that reads it live.
    private static final Duration LAST_OUTPUT = Duration.ofSeconds(2);

    private final RunService.Services services;
    private final ActiveRun run;
    private final RunSource source;
    private final Upload upload;
    private final RunClient client;
    private final RunOutput output;
    private final RunCancellation cancellation;
    private final RunPhases phases = new RunPhases();
    private Optional<SandboxUse> use = Optional.empty();
    private Optional<RunResult> result = Optional.empty();
    private long outputLimit = Long.MAX_VALUE;
    private Patience patience = Patience.ofThePool();
    private Duration timeLeft = Duration.ZERO;

    RunPipeline(RunService.Services services, ActiveRun run, RunSource source, Upload upload, RunOutput output) {
        this.services = services;
        this.run = run;
        this.source = source;
        this.upload = upload;
        this.client = upload.client();
        this.output = output;
        this.cancellation = run.cancellation();
    }

    CompletedRun run() {
        RunAnswer answer = answer();
        return new CompletedRun(
                run.id(),
                run.api(),
                run.caller().map(Caller::key).orElse(""),
                run.traceParent(),
                run.begun(),
                phases,
                answer,
                // What an upload failed of is kept nowhere: it holds memory for as long as the last runs are
                // remembered.
                result.filter(ended -> !(ended instanceof RunResult.UploadFailed)),
                use,
                outputLimit,
                upload.count(),
                output.bytes(StandardStream.STDOUT),
                output.bytes(StandardStream.STDERR));
    }

    private RunAnswer answer() {
        run.begin();
        try {
            return identify();
        } catch (InterruptedException e) {
            return RunAnswer.cancelled(cancellation, RunAnswer.Refused.shuttingDown());
        } finally {
            cancellation.endBy(() -> {});
            // An interrupt that came too late to end a wait must not close the socket while the response is written.
            var _ = Thread.interrupted();
            client.readOnDemand();
        }
    }

    /** Runs first: a client that may not run programs learns nothing about the pool, and costs nothing. */
    private RunAnswer identify() throws InterruptedException {
        return switch (run.identity()) {
            case Callers.Identified identified -> awaitUpload(identified.caller());
            case Callers.Rejected rejected -> RunAnswer.Refused.rejected(rejected);
        };
    }

    /** Waits for the first bytes of the body. Before they have come, the request must not delay others. */
    private RunAnswer awaitUpload(Caller caller) throws InterruptedException {
        Optional<SandboxLimits> limits = services.pool().limits();
        if (upload.announcedBytes() > limits.map(source::mostBytes).orElse(Long.MAX_VALUE)) {
            return RunAnswer.Refused.programTooLarge();
        }
        if (services.drain().stage() == Drain.Stage.REFUSING) {
            return RunAnswer.Refused.shuttingDown();
        }
        Admission admission = services.admission();
        Optional<Refusal> refusal = admission.refusal(caller);
        if (refusal.isPresent()) {
            return RunAnswer.Refused.noSlot(refusal.get());
        }
        Optional<FairSemaphore.Permit> pending = services.pendingUploads().tryAcquire(caller);
        if (pending.isEmpty()) {
            return RunAnswer.Refused.noSlot(
                    services.pendingUploads().holdsAny(caller) ? admission.excess(caller) : admission.overload());
        }
        cancellation.endBy(this::stopUpload);
        // Not for refused requests, because reading ahead takes memory.
        client.readAhead(() -> cancellation.cancel(Reason.CLIENT_GONE));
        ProgramRequest request;
        try (var _ = pending.get()) {
            upload.awaitFirstBytes(source.mayTrickle());
            request = source.read(upload, limits);
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
        phases.end(Phase.SEND);
        if (source.waitsInTheTimeOfItsRun() && limits.isPresent()) {
            patience = Patience.of(limits.get().runTimeout(), System::nanoTime);
        }
        return admit(request, caller);
    }

    private RunAnswer admit(ProgramRequest request, Caller caller) throws InterruptedException {
        Admission admission = services.admission();
        try (var ticket = admission.draw(caller)) {
            cancellation.endBy(ticket::cancel);
            Admission.Place place = ticket.awaitAtMost(patience.wait(admission.timeout()));
            phases.end(Phase.QUEUE);
            return switch (place) {
                case ADMITTED -> useSlot(request, caller);
                case CANCELLED -> RunAnswer.cancelled(cancellation, RunAnswer.Refused.failed());
                case REFUSED, TOO_MANY, TOO_OFTEN, DISPLACED, TIMED_OUT, QUEUED ->
                    RunAnswer.Refused.noSlot(ticket.refusal());
            };
        }
    }

    private RunAnswer useSlot(ProgramRequest request, Caller caller) throws InterruptedException {
        cancellation.endBy(this::stopUpload);
        try (var _ = services.stalledUploads().watch(client, cancellation)) {
            source.admitted();
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
        return runUpToTwice(request, caller);
    }

    /**
     * Runs the program again in another sandbox if the first was lost before the program started. A program that may
     * have run is never run again.
     */
    private RunAnswer runUpToTwice(ProgramRequest request, Caller caller) throws InterruptedException {
        RunAnswer answer = claim(request, caller);
        if (answer.outcome() != Outcome.SANDBOX_LOST || output.hasStarted() || !upload.isRepeatable()) {
            return answer;
        }
        Duration left = timeLeft;
        if (left.compareTo(SHORTEST_SECOND_TRY) < 0 || cancellation.reason().isPresent()) {
            return answer;
        }
        LOG.atInfo().log("a sandbox was lost before its run began; the run starts again in another one");
        try {
            upload.repeat();
            return claim(source.read(upload, services.pool().limits()).within(left), caller);
        } catch (IOException e) {
            return uploadFailed();
        } catch (NoRunException e) {
            return e.answer();
        }
    }

    private RunAnswer claim(ProgramRequest request, Caller caller) throws InterruptedException {
        cancellation.endBy(Thread.currentThread()::interrupt);
        Admission admission = services.admission();
        Duration left = admission.timeout().minus(phases.duration(Phase.QUEUE));
        try (ClaimedSandbox sandbox = services.pool().claim(caller.key(), patience.wait(left))) {
            phases.end(Phase.CLAIM);
            var given = new SandboxUse(sandbox.name(), sandbox.revision().name(), sandbox.run());
            use = Optional.of(given);
            outputLimit = Math.min(
                    request.asked().outputBytes().orElse(Long.MAX_VALUE),
                    sandbox.revision().limits().outputBytes());
            output.claimed(given);
            output.mustBeTakenWithin(
                    sandbox.timeLeft().plus(request.outputFiles().time()).plus(LAST_OUTPUT));
            run.runsIn(sandbox);
            try {
                return run(sandbox, patience.within(request));
            } finally {
                run.runsIn(null);
            }
        } catch (NoSandboxException e) {
            phases.end(Phase.CLAIM);
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("no sandbox for a run");
            return RunAnswer.Refused.noSandbox(admission.overload());
        }
    }

    private RunAnswer run(ClaimedSandbox sandbox, ProgramRequest request) {
        cancellation.endBy(() -> {
            stopUpload();
            sandbox.abandon();
            output.mustBeTakenWithin(LAST_OUTPUT);
        });
        // Left over from the claim, if the cancellation came as it succeeded.
        var _ = Thread.interrupted();
        upload.mustEndWithin(patience.forRun(sandbox.timeLeft()));
        RunResult ended;
        try (var watched = services.stalledUploads().watch(client, cancellation)) {
            ended = sandbox.run(request, output, () -> {
                phases.sent();
                // A client that types has as much time as its program.
                watched.uploaded();
            });
        }
        phases.ended();
        timeLeft = sandbox.timeLeft();
        result = Optional.of(ended);
        return patience.cutShort(ended, request)
                ? RunAnswer.Refused.cutShort(services.admission().overload())
                : answer(sandbox, ended);
    }

    private RunAnswer answer(ClaimedSandbox sandbox, RunResult ended) {
        Optional<IOException> failure = output.failure();
        if (failure.isPresent()) {
            return notKept(failure.get());
        }
        if (ended instanceof RunResult.SandboxLost lost) {
            LOG.atError()
                    .addKeyValue("sandbox", sandbox.name())
                    .addKeyValue("detail", lost.detail())
                    .log("lost a sandbox during a run");
        }
        return RunAnswer.of(ended, output.hasStarted(), upload.ending(), cancellation);
    }

    private RunAnswer notKept(IOException failure) {
        if (failure instanceof SpoolFullException) {
            LOG.atWarn().addKeyValue("reason", failure.getMessage()).log("could not keep a program's output");
            return RunAnswer.Refused.noRoomForOutput(services.admission().retryAfterSeconds());
        }
        LOG.atError().setCause(failure).log("could not keep a program's output");
        return RunAnswer.Refused.failed();
    }

    private void stopUpload() {
        client.stop(new UploadStoppedException("the request was cancelled"));
    }

    private RunAnswer uploadFailed() {
        return RunAnswer.cancelled(cancellation, RunAnswer.uploadFailed(upload.ending()));
    }
}
