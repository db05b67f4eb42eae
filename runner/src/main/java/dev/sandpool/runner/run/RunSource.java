package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.util.Optional;

/** What a request asks for, in the words of its endpoint. */
public interface RunSource {
    /** The largest body that can be a run. */
    long mostBytes(SandboxLimits limits);

    /** Whether it may be sent as somebody types: then its first byte is enough to show that there is a client. */
    boolean mayTrickle();

    /** Whether its client goes when the time of a run is over, however long it waited: see {@link Patience}. */
    default boolean waitsInTheTimeOfItsRun() {
        return false;
    }

    /**
     * Reads what comes before the first file or the program. Called again, with the same bytes, if the run has to begin anew.
     *
     * @param limits what a run may take, as far as it is known before there is a sandbox
     * @throws NoRunException what was sent makes no run
     */
    RunRequest read(Upload upload, Optional<SandboxLimits> limits) throws IOException, NoRunException;

    /**
     * It has a slot, and no sandbox yet: what costs as much as a run, and is none, is done now.
     *
     * @throws NoRunException it is not to be run
     */
    default void admitted() throws IOException, NoRunException {}
}
