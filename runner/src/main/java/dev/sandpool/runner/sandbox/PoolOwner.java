package dev.sandpool.runner.sandbox;

import java.util.Optional;
import java.util.function.Consumer;

/** Who says how a pool is to be. Two in production: a SandboxPool, and the settings that a runner without a cluster was started with. */
public interface PoolOwner extends AutoCloseable {
    Sandboxes sandboxes();

    /** Who knows the tokens that the cluster has issued. */
    TokenReviewer tokenReviewer();

    /** Tells the settings, now or as soon as they are known, and each change of them; never two at once. Called once. */
    void follow(Consumer<PoolSettings> told);

    /** Why nothing has been told yet; empty when it has. */
    Optional<String> waitingFor();

    /** Closes the sandboxes too. */
    @Override
    void close();
}
