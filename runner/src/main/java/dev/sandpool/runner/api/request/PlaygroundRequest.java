package dev.sandpool.runner.api.request;

import dev.sandpool.runner.run.RunSource;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.util.List;
import java.util.Optional;

/** A request to {@code /run}: the body is the program, and the only options are its arguments. */
public record PlaygroundRequest(List<String> arguments) implements RunSource {
    @Override
    public long mostBytes(SandboxLimits limits) {
        return limits.binaryBytes();
    }

    @Override
    public boolean mayTrickle() {
        return false;
    }

    @Override
    public boolean waitsInTheTimeOfItsRun() {
        return true;
    }

    @Override
    public ProgramRequest read(Upload upload, Optional<SandboxLimits> limits) {
        return new ProgramRequest(arguments, upload);
    }
}
