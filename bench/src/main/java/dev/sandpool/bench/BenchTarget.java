package dev.sandpool.bench;

/** One way to run a program. */
interface BenchTarget extends AutoCloseable {
    String name();

    /** Runs it once and returns what it printed. */
    String run(byte[] program) throws Exception;

    /** Waits until a warm sandbox is ready and nothing of the run before goes on. */
    void awaitQuiet() throws Exception;

    /** Whether several clients may run at once. */
    boolean hasQueue();

    /** Whether a sandbox may serve several runs. */
    default boolean usesAgain() {
        return false;
    }

    /** Proportional memory of one warm sandbox and what serves it alone; not a number where another way has the same sandboxes. */
    double memoryPerWarmSandboxMib();

    @Override
    void close();
}
