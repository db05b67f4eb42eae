package dev.sandpool.log;

import java.util.List;
import java.util.Map;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Where the log goes, and how it looks: to standard error, a line for each record, until the process ends. */
public final class Log {
    static {
        // Before anything has made Java's own.
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
    }

    // Java's log forgets the level of a logger that nobody holds.
    private static volatile List<Logger> quieted = List.of();

    private Log() {}

    /**
     * From now on, or once more in another format.
     *
     * @param levels of others' loggers, by their names, where theirs say too much
     */
    public static void configure(LogFormat format, Map<String, Level> levels) {
        Logger root = Logger.getLogger("");
        for (var handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        var console = new ConsoleHandler();
        console.setFormatter(format.formatter());
        console.setLevel(Level.ALL);
        root.addHandler(console);
        quieted = levels.keySet().stream().map(Logger::getLogger).toList();
        quieted.forEach(logger -> logger.setLevel(levels.get(logger.getName())));
    }

    /** Keeps the log open while the program ends: Java's own closes it as soon as the shutdown begins. */
    public static final class Lasting extends LogManager {
        @Override
        public void reset() {
            // Called by the shutdown, and by nobody else.
        }
    }
}
