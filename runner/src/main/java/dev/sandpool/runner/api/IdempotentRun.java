package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.RequestDigest;
import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run whose client may have chosen its id. Then the same request gets the same answer again, and another request with
 * that id is refused.
 */
public final class IdempotentRun implements V1Request.Naming {
    private final ActiveRun run;
    private final Upload upload;
    private @Nullable RequestDigest digest;
    private @Nullable Repetition repetition;
    private byte @Nullable [] answer;

    /**
     * A request whose id was used before. It may wait for long, so it does not hold the answer, which the cache may
     * forget meanwhile.
     *
     * @param value the digest of the request before, see {@link RequestDigest#value}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Repetition(byte[] value, RunOptions options, RunInput input, Duration time) {}

    IdempotentRun(ActiveRun run, Upload upload) {
        this.run = run;
        this.upload = upload;
    }

    /** Returns whether the client chose the id, as far as is known. */
    boolean isNamed() {
        return digest != null;
    }

    @Override
    public RunInput named(RunOptions options, RunInput input, Optional<SandboxLimits> limits)
            throws IOException, NoRunException {
        if (options.id().isEmpty()) {
            return input;
        }
        if (!isNamed()) {
            Optional<AnswerCache.Answer> before = run.name(options.id().get());
            if (before.isPresent()) {
                byte[] value = before.get()
                        .digest()
                        .orElseThrow(() -> new NoRunException(
                                notKept(run.id(), "it ended before its input, so this request may be another")));
                var time = limits.map(SandboxLimits::runTimeout).orElse(Duration.ZERO);
                repetition = new Repetition(value, options, input, time);
                return input;
            }
        }
        // A new one, because the run may begin anew.
        digest = new RequestDigest(options);
        return digest.of(input);
    }

    /**
     * Compares now, when the request has a slot, because unpacking and hashing a request takes as much processor time
     * as sending it to a sandbox.
     */
    @Override
    public void admitted() throws IOException, NoRunException {
        Repetition asked = repetition;
        if (asked == null) {
            return;
        }
        upload.mustEndWithin(asked.time);
        Optional<byte[]> value = new RequestDigest(asked.options).readWhole(asked.input, asked.value);
        if (value.isEmpty() || !Arrays.equals(value.get(), asked.value)) {
            throw new NoRunException(inUse(run.id()));
        }
        AnswerCache.Answer before = run.earlierAnswer()
                .orElseThrow(() -> new NoRunException(notKept(run.id(), "its answer is not kept any more")));
        answer = before.json().orElseThrow(() -> new NoRunException(answerNotKept(run.id())));
        throw new NoRunException(new RunAnswer.Repeated());
    }

    public static Problem inUse(String id) {
        return new Problem("id-in-use", 409, "Id in use", "the id " + id + " is that of another run");
    }

    static Problem answerNotKept(String id) {
        return notKept(id, "its answer was streamed, or is too large to be kept");
    }

    static Problem notKept(String id, String why) {
        return new Problem("run-not-kept", 409, "Run not kept", "the run " + id + " is over: " + why);
    }

    /** Returns the JSON of the earlier run with this id, if this request {@linkplain RunAnswer.Repeated repeats} it. */
    byte[] answer() {
        return Objects.requireNonNull(answer);
    }

    /**
     * Ends the run, so that its id can be used again. Sandpool's own failures are not cached, so that the client can
     * try again.
     *
     * @param json the answer; empty if it was streamed, or is too large to be cached
     */
    void finish(CompletedRun completed, Optional<byte[]> json) {
        RequestDigest seen = digest;
        if (seen != null && completed.outcome() != Outcome.SANDBOX_LOST) {
            run.keep(seen.value(), json);
        }
        run.finish();
    }
}
