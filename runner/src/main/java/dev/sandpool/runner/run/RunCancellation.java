package dev.sandpool.runner.run;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Whether one request is to end early, and why. Each step of the request says what ends it; when the cancellation came before
 * the step, that is done at once, so no step can miss it.
 */
final class RunCancellation {
    enum Reason {
        CLIENT_GONE,
        STALLED,
        /** By its caller, in another request. */
        ASKED_FOR,
        SHUTTING_DOWN
    }

    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Reason reason;
    private Runnable ending = () -> {};

    /** Cancels, from any thread; the first reason stays. */
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

    /** From now on this ends what the request is doing; it must not block. */
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
