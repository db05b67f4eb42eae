package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import java.nio.file.Path;

/** A disk for the output of a single run, with more room than a test needs. */
public final class TestDisk {
    private TestDisk() {}

    public static SpoolDisk.Part in(Path directory) {
        return new SpoolDisk(directory, 1 << 30).part(() -> Caller.ofHeader("one"));
    }
}
