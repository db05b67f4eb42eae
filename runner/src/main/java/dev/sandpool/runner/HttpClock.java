package dev.sandpool.runner;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * Runs scheduled tasks in one thread, so no task may block. A cancelled task is forgotten at once with all that it
 * holds. A task that is scheduled after the shutdown never runs. Not final, for tests that look at what is scheduled, or
 * that have another time.
 */
public class HttpClock extends ScheduledThreadPoolExecutor {
    @SuppressWarnings("this-escape") // calls a setter of the JDK that overrides do not see
    public HttpClock() {
        super(1, Thread.ofPlatform().daemon().name("http-clock").factory(), new DiscardPolicy());
        setRemoveOnCancelPolicy(true);
    }

    /** Returns the time of {@link System#nanoTime}. */
    public long nanoTime() {
        return System.nanoTime();
    }
}
