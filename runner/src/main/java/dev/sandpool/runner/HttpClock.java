package dev.sandpool.runner;

import java.util.concurrent.ScheduledThreadPoolExecutor;

/**
 * Does what is due at some time, in one thread, so that none of it may wait. What is cancelled is forgotten at once with all that it holds. What is
 * asked for after the end never happens. Not final, for tests that look at what is asked for.
 */
public class HttpClock extends ScheduledThreadPoolExecutor {
    @SuppressWarnings("this-escape") // to a setter of the JDK that overrides do not see
    public HttpClock() {
        super(1, Thread.ofPlatform().daemon().name("http-clock").factory(), new DiscardPolicy());
        setRemoveOnCancelPolicy(true);
    }
}
