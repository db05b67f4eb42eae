package dev.sandpool.runner.sandbox.local;

import dev.sandpool.runner.sandbox.PoolOwner;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Sandboxes;
import dev.sandpool.runner.sandbox.TokenReviewer;
import java.util.Optional;
import java.util.function.Consumer;

/** A pool whose settings are those that the runner was started with, and never change. */
public record FixedPool(Sandboxes sandboxes, PoolSettings settings) implements PoolOwner {
    @Override
    public TokenReviewer tokenReviewer() {
        return (_, _) -> {
            throw new TokenReviewer.NotReviewedException("there is no cluster to ask");
        };
    }

    @Override
    public void follow(Consumer<PoolSettings> told) {
        told.accept(settings);
    }

    @Override
    public Optional<String> waitingFor() {
        return Optional.empty();
    }

    @Override
    public void close() {
        sandboxes.close();
    }
}
