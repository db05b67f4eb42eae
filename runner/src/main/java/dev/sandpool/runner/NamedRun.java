package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A run whose client may have chosen its id: then the same request again has the same answer, and another one under that id none. */
final class NamedRun implements RunSubmission.Naming {
    private final RunDesk.Entry entry;
    private final Upload upload;
    private @Nullable RunDigest digest;

    NamedRun(RunDesk.Entry entry, Upload upload) {
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
            Optional<RunIds.Kept> before = entry.name(options.id().get());
            if (before.isPresent()) {
                upload.mustEndWithin(limits.map(SandboxLimits::runTimeout).orElse(Duration.ZERO));
                throw repeated(before.get(), new RunDigest(options).readWhole(input));
            }
        }
        // Anew, if the run begins anew.
        digest = new RunDigest(options);
        return digest.of(input);
    }

    private NoRunException repeated(RunIds.Kept before, Optional<byte[]> asked) {
        if (before.digest().isEmpty()) {
            return new NoRunException(notKept(entry.id(), "it ended before its input, so this request may be another"));
        }
        if (asked.isEmpty() || !before.isOf(asked.get())) {
            return new NoRunException(inUse(entry.id()));
        }
        return before.json().isPresent()
                ? new NoRunException(new Answer.Repeated(before))
                : new NoRunException(answerNotKept(entry.id()));
    }

    static Problem inUse(String id) {
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
        RunDigest seen = digest;
        if (seen != null && !(facts.result() instanceof RunResult.SandboxLost)) {
            entry.keep(seen.value(), json);
        }
    }
}
