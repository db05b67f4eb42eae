package dev.sandpool.runner;

import dev.sandpool.runner.Answer.Outcome;
import dev.sandpool.runner.Answer.Refused;
import dev.sandpool.runner.RunCancellation.Reason;
import dev.sandpool.runner.RunPhases.Phase;
import dev.sandpool.runner.sandbox.NoSandboxException;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Sandbox;
import dev.sandpool.runner.sandbox.SandboxLimits;
import dev.sandpool.runner.sandbox.WarmPool;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One request's way to its answer: show life, be admitted, claim a sandbox, run. A client that goes away ends it at any step. */
final class RunAttempt {
    private static final Logger LOG = LoggerFactory.getLogger(RunAttempt.class);
    private static final HeaderName ARGUMENT = HeaderNames.create("X-Argument");

    private final Services services;
    private final ServerRequest request;
    private final ClientBytes client;
    private final OutputSpool output;
    private final RunPhases phases = new RunPhases();
    private final RunCancellation cancellation = new RunCancellation();
    private long uploadedBytes;

    /** What all attempts share. */
    record Services(WarmPool pool, Admission admission, StallWatch stalls, Drain drain, Semaphore beforeTheQueue) {
        // Requests whose first bytes are awaited hold up to 64 KiB each, and nothing else.
        private static final int MOST_BEFORE_THE_QUEUE = 256;

        Services(WarmPool pool, Admission admission, StallWatch stalls, Drain drain) {
            this(pool, admission, stalls, drain, new Semaphore(MOST_BEFORE_THE_QUEUE));
        }

        /** As far as is known before there is a sandbox, whose own limit counts. */
        long binaryLimit() {
            return pool.limits().map(SandboxLimits::binaryBytes).orElse(Long.MAX_VALUE);
        }
    }

    RunAttempt(Services services, ServerRequest request, ClientBytes client, OutputSpool output) {
        this.services = services;
        this.request = request;
        this.client = client;
        this.output = output;
    }

    RunPhases phases() {
        return phases;
    }

    long uploadedBytes() {
        return uploadedBytes;
    }

    Answer answer() {
        client.readAhead(() -> cancellation.cancel(Reason.CLIENT_GONE));
        try (var _ = services.drain.begin(cancellation)) {
            return showLife();
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
    private Answer showLife() throws InterruptedException {
        if (request.headers().contentLength().orElse(0) > services.binaryLimit()) {
            return RunResponse.tooLarge();
        }
        if (services.drain.stage() == Drain.Stage.REFUSING) {
            return RunResponse.shuttingDown();
        }
        if (services.admission.isFull() || !services.beforeTheQueue.tryAcquire()) {
            return overloaded();
        }
        cancellation.endBy(this::stopUpload);
        var upload = new Upload(request.content().inputStream(), client);
        try {
            upload.awaitFirstBytes();
        } catch (IOException e) {
            return uploadFailed(upload);
        } finally {
            services.beforeTheQueue.release();
        }
        phases.end(Phase.SEND);
        try {
            return admit(upload);
        } finally {
            uploadedBytes = upload.count();
        }
    }

    private Answer admit(Upload upload) throws InterruptedException {
        try (var ticket = services.admission.draw()) {
            cancellation.endBy(ticket::cancel);
            Admission.Place place = ticket.await();
            phases.end(Phase.QUEUE);
            return switch (place) {
                case ADMITTED -> claim(upload);
                case CANCELLED -> RunResponse.cancelled(cancellation, RunResponse.failed());
                case REFUSED, TIMED_OUT, QUEUED -> overloaded();
            };
        }
    }

    private Answer claim(Upload upload) throws InterruptedException {
        cancellation.endBy(Thread.currentThread()::interrupt);
        Duration left = services.admission.timeout().minus(phases.duration(Phase.QUEUE));
        try (Sandbox sandbox = services.pool.claim(caller().key(), left.isNegative() ? Duration.ZERO : left)) {
            phases.end(Phase.CLAIM);
            return run(sandbox, upload);
        } catch (NoSandboxException e) {
            phases.end(Phase.CLAIM);
            LOG.atWarn().addKeyValue("reason", e.getMessage()).log("no sandbox for a run");
            return refused(Outcome.NO_SANDBOX, "no sandbox is free");
        }
    }

    private Caller caller() {
        return new Caller(request.remotePeer().host());
    }

    private Answer run(Sandbox sandbox, Upload upload) {
        cancellation.endBy(() -> {
            stopUpload();
            sandbox.close();
        });
        // Left over from the claim, if the cancellation came as it succeeded.
        var _ = Thread.interrupted();
        upload.mustEndWithin(sandbox.timeLeft());
        RunResult result;
        try (var _ = services.stalls.watch(client, cancellation)) {
            result = sandbox.run(new RunRequest(arguments(), upload), output, phases::sent);
        }
        phases.ended();
        return answer(sandbox, upload, result);
    }

    private Answer answer(Sandbox sandbox, Upload upload, RunResult result) {
        if (output.failure().isPresent()) {
            LOG.atError().setCause(output.failure().get()).log("could not keep a program's output");
            return RunResponse.failed();
        }
        if (result instanceof RunResult.SandboxLost lost) {
            LOG.atError()
                    .addKeyValue("sandbox", sandbox.name())
                    .addKeyValue("detail", lost.detail())
                    .log("lost a sandbox during a run");
        }
        Answer answer = RunResponse.of(result, upload.ending(), cancellation);
        if (answer instanceof Answer.Ran ran && !output.addedToStderr(ran.stderrLine())) {
            return RunResponse.failed();
        }
        return answer;
    }

    private List<String> arguments() {
        return request.headers().all(ARGUMENT, List::of);
    }

    private void stopUpload() {
        client.stop(new UploadStoppedException("the request was cancelled"));
    }

    private Answer uploadFailed(Upload upload) {
        return RunResponse.cancelled(cancellation, RunResponse.uploadFailed(upload.ending()));
    }

    private Answer overloaded() {
        return refused(Outcome.OVERLOADED, "too many runs at once");
    }

    private Answer refused(Outcome outcome, String text) {
        return new Refused(outcome, 503, text, OptionalLong.of(services.admission.retryAfterSeconds()));
    }
}
