package dev.sandpool.runner.run;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whether one request is to end early, and why. Each step of the request sets the action that ends it. If the
 * cancellation came before the step, the action runs at once, so no step can miss it. Thread-safe.
 */
final class RunCancellation {
    enum Reason {
        CLIENT_GONE,
        STALLED,
        /** The caller asked for it in another request. */
        ASKED_FOR,
        SHUTTING_DOWN
    }

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Reason reason;
    private Runnable ending = () -> {};

    /** Cancels the request, from any thread. The first reason stays. */
    void cancel(Reason why) {
        lock.lock();
        try {
            if (reason == null) {
                reason = why;
                ending.run();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets the action that ends the current step. It must not block. */
    void endBy(Runnable newEnding) {
        lock.lock();
        try {
            ending = newEnding;
            if (reason != null) {
                newEnding.run();
            }
        } finally {
            lock.unlock();
        }
    }

    Optional<Reason> reason() {
        lock.lock();
        try {
            return Optional.ofNullable(reason);
        } finally {
            lock.unlock();
        }
    }
}
