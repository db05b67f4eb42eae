package dev.sandpool.operator;

import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Where the log goes, and how it looks: to standard error, a line for each record, until the process ends. */
final class OperatorLog {
    static {
        // Before anything has made Java's own.
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
        System.setProperty("user.timezone", "UTC");
        System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT.%1$tLZ %4$s %3$s: %5$s%6$s%n");
    }

    // Java's log forgets the level of a logger that nobody holds. Their start-up lines say nothing of ours.
    private static final Logger HELIDON = Logger.getLogger("io.helidon");
    // Says at each start that v1alpha1 is not stable, which is what the name says.
    private static final Logger VERSIONS =
            Logger.getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils");

    private OperatorLog() {}

    static void configure() {
        HELIDON.setLevel(Level.WARNING);
        VERSIONS.setLevel(Level.SEVERE);
    }

    /** Keeps the log open while the operator ends: Java's own closes it as soon as the shutdown begins. */
    public static final class Lasting extends LogManager {
        @Override
        public void reset() {
            // Called by the shutdown, and by nobody else.
        }
    }
}
