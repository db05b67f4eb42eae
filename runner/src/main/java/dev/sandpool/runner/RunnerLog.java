package dev.sandpool.runner;

import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Where the log goes, and how it looks: to standard error, a line for each record, until the process ends. */
final class RunnerLog {
    static {
        // Before anything has made Java's own.
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
    }

    // Java's log forgets the level of a logger that nobody holds.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");

    private RunnerLog() {}

    static void configure() {
        Logger root = Logger.getLogger("");
        for (var handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        var console = new ConsoleHandler();
        console.setFormatter(new OneLineFormatter());
        console.setLevel(Level.ALL);
        root.addHandler(console);
        // Its start-up lines repeat ours.
        HELIDON.setLevel(Level.WARNING);
    }

    /** Keeps the log open while the runner drains: Java's own closes it as soon as the shutdown begins. */
    public static final class Lasting extends LogManager {
        @Override
        public void reset() {
            // Called by the shutdown, and by nobody else.
        }
    }
}
