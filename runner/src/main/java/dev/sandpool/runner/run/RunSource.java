package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.util.Optional;

/** Parses a request for a run, in the format of its endpoint. */
public interface RunSource {
    /** Returns the maximum size of a body that can be a run, in bytes. */
    long mostBytes(SandboxLimits limits);

    /**
     * Returns whether the body may come slowly, for example as a person types. Then its first byte proves that there is
     * a client.
     */
    boolean mayTrickle();

    /** Returns whether the client leaves when the time of a run is over, including its wait: see {@link Patience}. */
    default boolean waitsInTheTimeOfItsRun() {
        return false;
    }

    /**
     * Reads everything before the first file or the program. Called again, with the same bytes, if the run has to begin
     * anew.
     *
     * @param limits the limits of a run, as far as they are known before it has a sandbox
     * @throws NoRunException if the request is no valid run
     */
    ProgramRequest read(Upload upload, Optional<SandboxLimits> limits) throws IOException, NoRunException;

    /**
     * Called when the request has a slot and no sandbox yet, for work that costs as much as a run.
     *
     * @throws NoRunException if the request is not to be run
     */
    default void admitted() throws IOException, NoRunException {}
}
