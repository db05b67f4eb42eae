package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.RequestDigest;
import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunFacts;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A run whose client may have chosen its id: then the same request again has the same answer, and another one under that id none. */
public final class IdempotentRun implements V1Request.Naming {
    private final RunService.ActiveRun entry;
    private final Upload upload;
    private @Nullable RequestDigest digest;
    private @Nullable Repetition repetition;

    /**
     * A request whose id was used before.
     *
     * @param value of the request before, see {@link RequestDigest#value}
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Repetition(
            AnswerCache.Kept before, byte[] value, RunOptions options, RunInput input, Duration time) {}

    IdempotentRun(RunService.ActiveRun entry, Upload upload) {
        this.entry = entry;
        this.upload = upload;
    }

    /** Whether its client chose its id, as far as is known. */
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
            Optional<AnswerCache.Kept> before = entry.name(options.id().get());
            if (before.isPresent()) {
                byte[] value = before.get()
                        .digest()
                        .orElseThrow(() -> new NoRunException(
                                notKept(entry.id(), "it ended before its input, so this request may be another")));
                var time = limits.map(SandboxLimits::runTimeout).orElse(Duration.ZERO);
                repetition = new Repetition(before.get(), value, options, input, time);
                return input;
            }
        }
        // Anew, if the run begins anew.
        digest = new RequestDigest(options);
        return digest.of(input);
    }

    /** Now, with a slot, since to unpack and to hash a request takes as much of a processor as to send it to a sandbox does. */
    @Override
    public void admitted() throws IOException, NoRunException {
        Repetition asked = repetition;
        if (asked == null) {
            return;
        }
        upload.mustEndWithin(asked.time);
        Optional<byte[]> value = new RequestDigest(asked.options).readWhole(asked.input, asked.value);
        if (!value.map(asked.before::isOf).orElse(false)) {
            throw new NoRunException(inUse(entry.id()));
        }
        if (asked.before.json().isEmpty()) {
            throw new NoRunException(answerNotKept(entry.id()));
        }
        throw new NoRunException(new RunEnding.Repeated(asked.before));
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

    /**
     * It is over. What was our failure is not kept: it is to be asked for again.
     *
     * @param json the answer; empty if it was streamed, or is too large to be kept
     */
    void keep(RunFacts facts, Optional<byte[]> json) {
        RequestDigest seen = digest;
        if (seen != null && !(facts.result() instanceof RunResult.SandboxLost)) {
            entry.keep(seen.value(), json);
        }
    }
}
