package dev.sandpool.runner;

import java.util.logging.LogManager;

/** Keeps the log open while the runner drains: Java's own closes it as soon as the shutdown begins. */
public final class LastingLogManager extends LogManager {
    @Override
    public void reset() {
        // Called once by the shutdown, and by nobody else.
    }
}
