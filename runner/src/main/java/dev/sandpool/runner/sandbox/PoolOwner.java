package dev.sandpool.runner.sandbox;

import java.util.Optional;
import java.util.function.Consumer;

/**
 * The source of a pool's settings. There are two in production: a SandboxPool, and the command line of a runner without
 * a cluster.
 */
public interface PoolOwner extends AutoCloseable {
    Sandboxes sandboxes();

    /** Returns the reviewer of tokens that the cluster has issued. */
    TokenReviewer tokenReviewer();

    /**
     * Publishes the settings as soon as they are known, and again after each change. Calls never overlap. To be called
     * once.
     */
    void follow(Consumer<PoolSettings> told);

    /** Returns why no settings have been published yet; empty if they have. */
    Optional<String> waitingFor();

    /** Closes the sandboxes too. */
    @Override
    void close();
}
