package dev.sandpool.runner;

import dev.sandpool.runner.Answer.Outcome;
import dev.sandpool.runner.Answer.Refused;
import dev.sandpool.runner.RunCancellation.Reason;
import dev.sandpool.runner.RunPhases.Phase;
import dev.sandpool.runner.RunRecord.SandboxUse;
import dev.sandpool.runner.sandbox.ClaimedSandbox;
import dev.sandpool.runner.sandbox.NoSandboxException;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.WarmPool;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request's way to its answer: show life, be admitted, claim a sandbox, run. A client that goes away ends it at any step. */
final class RunAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(RunAttempt.class);
    // A run that begins anew gets what is left of its time; with less than this it could not do much.
    private static final Duration SHORTEST_SECOND_TRY = Duration.ofSeconds(1);

    private final Services services;
    private final Submission submission;
    private final Upload upload;
    private final ClientBytes client;
    private final RunOutput output;
    private final RunPhases phases = new RunPhases();
    private final RunCancellation cancellation = new RunCancellation();
    private Optional<SandboxUse> use = Optional.empty();
    private Optional<RunResult> result = Optional.empty();
    private Duration timeLeft = Duration.ZERO;
    private long outputLimit = Long.MAX_VALUE;

    /** What all attempts share. */
    record Services(WarmPool pool, Admission admission, StallWatch stalls, Drain drain, Semaphore beforeTheQueue) {
        // Requests whose first bytes are awaited hold up to 64 KiB each, and nothing else.
        private static final int MOST_BEFORE_THE_QUEUE = 256;

        Services(WarmPool pool, Admission admission, StallWatch stalls, Drain drain) {
            this(pool, admission, stalls, drain, new Semaphore(MOST_BEFORE_THE_QUEUE));
        }
    }

    RunAttempt(Services services, Submission submission, Upload upload, ClientBytes client, RunOutput output) {
        this.services = services;
        this.submission = submission;
        this.upload = upload;
        this.client = client;
        this.output = output;
    }

    RunPhases phases() {
        return phases;
    }

    RunCancellation cancellation() {
        return cancellation;
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

    /** @param announcedBytes the body's size as the client gave it, 0 if it did not */
    Answer answer(long announcedBytes) {
        client.readAhead(() -> cancellation.cancel(Reason.CLIENT_GONE));
        try (var _ = services.drain.begin(cancellation)) {
            return showLife(announcedBytes);
        } catch (InterruptedException e) {
            return RunResponse.cancelled(cancellation, RunResponse.shuttingDown());
        } finally {
            cancellation.endBy(() -> {});
            // An interrupt that came too late to end a wait must not close the socket under the answer.
            var _ = Thread.interrupted();
            client.readOnDemand();
        }
    }

    /** The body's first bytes have to be here before the request may hold up others. */
    private Answer showLife(long announcedBytes) throws InterruptedException {
        Optional<SandboxLimits> limits = services.pool.limits();
        if (announcedBytes > limits.map(submission::mostBytes).orElse(Long.MAX_VALUE)) {
            return RunResponse.tooLarge();
        }
        if (services.drain.stage() == Drain.Stage.REFUSING) {
            return RunResponse.shuttingDown();
        }
        if (services.admission.isFull() || !services.beforeTheQueue.tryAcquire()) {
            return overloaded();
        }
        cancellation.endBy(this::stopUpload);
        RunRequest request;
        try {
            upload.awaitFirstBytes(submission.mayTrickle());
            request = submission.read(upload, limits);
        } catch (IOException e) {
            return uploadFailed();
        } catch (BadRunException e) {
            return RunResponse.bad(e.problem());
        } finally {
            services.beforeTheQueue.release();
        }
        phases.end(Phase.SEND);
        return admit(request);
    }

    private Answer admit(RunRequest request) throws InterruptedException {
        try (var ticket = services.admission.draw()) {
            cancellation.endBy(ticket::cancel);
            Admission.Place place = ticket.await();
            phases.end(Phase.QUEUE);
            return switch (place) {
                case ADMITTED -> runUpToTwice(request);
                case CANCELLED -> RunResponse.cancelled(cancellation, RunResponse.failed());
                case REFUSED, TIMED_OUT, QUEUED -> overloaded();
            };
        }
    }

    /** A sandbox that was lost before its program began is ours to replace; a program that may have run is never run again. */
    private Answer runUpToTwice(RunRequest request) throws InterruptedException {
        Answer answer = claim(request);
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
            return claim(submission.read(upload, services.pool.limits()).within(left));
        } catch (IOException e) {
            return uploadFailed();
        } catch (BadRunException e) {
            return RunResponse.bad(e.problem());
        }
    }

    private Answer claim(RunRequest request) throws InterruptedException {
        cancellation.endBy(Thread.currentThread()::interrupt);
        Duration left = services.admission.timeout().minus(phases.duration(Phase.QUEUE));
        try (ClaimedSandbox sandbox = services.pool.claim(left.isNegative() ? Duration.ZERO : left)) {
            phases.end(Phase.CLAIM);
            var given = new SandboxUse(sandbox.name(), sandbox.revision().name(), 1);
            use = Optional.of(given);
            outputLimit = Math.min(
                    request.asked().outputBytes().orElse(Long.MAX_VALUE),
                    sandbox.revision().limits().outputBytes());
            output.claimed(given);
            return run(sandbox, request);
        } catch (NoSandboxException e) {
            phases.end(Phase.CLAIM);
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("no sandbox for a run");
            return refused(Outcome.NO_SANDBOX, "no sandbox is free");
        }
    }

    private Answer run(ClaimedSandbox sandbox, RunRequest request) {
        cancellation.endBy(() -> {
            stopUpload();
            sandbox.close();
        });
        // Left over from the claim, if the cancellation came as it succeeded.
        var _ = Thread.interrupted();
        upload.mustEndWithin(sandbox.timeLeft());
        RunResult ended;
        try (var stalls = services.stalls.watch(client, cancellation)) {
            ended = sandbox.run(request, output, () -> {
                phases.sent();
                // Who types has all the time that his program has.
                stalls.uploaded();
            });
        }
        phases.ended();
        timeLeft = sandbox.timeLeft();
        result = Optional.of(ended);
        return answer(sandbox, ended);
    }

    private Answer answer(ClaimedSandbox sandbox, RunResult ended) {
        if (output.failure().isPresent()) {
            LOG.atError().setCause(output.failure().get()).log("could not keep a program's output");
            return RunResponse.failed();
        }
        if (ended instanceof RunResult.SandboxLost lost) {
            LOG.atError()
                    .addKeyValue("sandbox", sandbox.name())
                    .addKeyValue("detail", lost.detail())
                    .log("lost a sandbox during a run");
        }
        return RunResponse.of(ended, upload.ending(), cancellation);
    }

    private void stopUpload() {
        client.stop(new UploadStoppedException("the request was cancelled"));
    }

    private Answer uploadFailed() {
        return RunResponse.cancelled(cancellation, RunResponse.uploadFailed(upload.ending()));
    }

    private Answer overloaded() {
        return refused(Outcome.OVERLOADED, "too many runs at once");
    }

    private Answer refused(Outcome outcome, String text) {
        return new Refused(outcome, 503, text, OptionalLong.of(services.admission.retryAfterSeconds()));
    }
}
