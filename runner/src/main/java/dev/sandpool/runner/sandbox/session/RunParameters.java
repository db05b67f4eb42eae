package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;

/**
 * One run as its sandbox has to execute it.
 *
 * @param limits the limits of the run, with those of the request applied
 * @param deadline the deadline of the program, counted from {@code Sandbox.run}
 * @param flags whether the sandbox is to greet again after the run, and whether it may compress output
 * @param sendsFiles whether the sandbox knows how to send files that the program left
 */
record RunParameters(
        ProgramRequest request, SandboxLimits limits, Deadline deadline, Start.Flags flags, boolean sendsFiles) {
    /** Returns the deadline of the whole run, which ends later if files have to come after the program. */
    Deadline answerDeadline() {
        return deadline.after(request.outputFiles().time());
    }
}
