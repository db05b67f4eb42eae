package dev.sandpool.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.logging.LogManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import org.slf4j.event.Level;

/** Where the log goes, and how it looks: to standard error, a line for each record, until the process ends. */
public final class Log {
    static {
        // Before anything has made Java's own.
        System.setProperty("java.util.logging.manager", Lasting.class.getName());
    }

    private Log() {}

    /**
     * From now on, or once more in another format. What Java's own logging and the JDK log comes too.
     *
     * @param levels of others' loggers, by their names, where theirs say too much
     */
    public static void configure(LogFormat format, Map<String, Level> levels) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        write(context, format);
        levels.forEach((name, level) ->
                context.getLogger(name).setLevel(ch.qos.logback.classic.Level.convertAnSLF4JLevel(level)));
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static void write(LoggerContext context, LogFormat format) {
        var encoder = new LayoutWrappingEncoder<ILoggingEvent>();
        encoder.setContext(context);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setLayout(format.layout());
        encoder.start();
        var console = new ConsoleAppender<ILoggingEvent>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(ch.qos.logback.classic.Level.INFO);
        root.addAppender(console);
    }

    /** What Logback begins with. No file on the class path and no system property configures it. */
    @ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
    public static final class Beginning extends ContextAwareBase implements Configurator {
        @Override
        public ExecutionStatus configure(LoggerContext context) {
            write(context, LogFormat.TEXT);
            return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
        }
    }

    /** Keeps Java's own logging open while the program ends: it would close itself as soon as the shutdown begins. */
    public static final class Lasting extends LogManager {
        @Override
        public void reset() {
            // Called by the shutdown, and by nobody else.
        }
    }
}
