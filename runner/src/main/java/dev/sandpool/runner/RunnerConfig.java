package dev.sandpool.runner;

import static dev.sandpool.runner.Setting.ADMIN_LISTEN;
import static dev.sandpool.runner.Setting.BINARY_LIMIT;
import static dev.sandpool.runner.Setting.CONTAINED;
import static dev.sandpool.runner.Setting.DRAIN_TIMEOUT;
import static dev.sandpool.runner.Setting.LISTEN;
import static dev.sandpool.runner.Setting.MEMORY_LIMIT;
import static dev.sandpool.runner.Setting.NAMESPACE;
import static dev.sandpool.runner.Setting.OUTPUT_LIMIT;
import static dev.sandpool.runner.Setting.PIDS_LIMIT;
import static dev.sandpool.runner.Setting.POD_NAME;
import static dev.sandpool.runner.Setting.POD_TEMPLATE;
import static dev.sandpool.runner.Setting.POD_UID;
import static dev.sandpool.runner.Setting.QUEUE_DEPTH;
import static dev.sandpool.runner.Setting.QUEUE_TIMEOUT;
import static dev.sandpool.runner.Setting.ROOTFS;
import static dev.sandpool.runner.Setting.RUNSC;
import static dev.sandpool.runner.Setting.RUN_TIMEOUT;
import static dev.sandpool.runner.Setting.SANDBOXES;
import static dev.sandpool.runner.Setting.SPOOL_DIRECTORY;
import static dev.sandpool.runner.Setting.START_TIMEOUT;
import static dev.sandpool.runner.Setting.WARM;
import static dev.sandpool.runner.Setting.WORKERS;

import dev.sandpool.runner.sandbox.SandboxLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A runner's settings, checked. */
record RunnerConfig(
        ListenAddress listen,
        ListenAddress adminListen,
        int workers,
        int warm,
        int queueDepth,
        long binaryLimit,
        long outputLimit,
        long memoryLimit,
        int pidsLimit,
        Duration runTimeout,
        Duration startTimeout,
        Duration queueTimeout,
        Path spoolDirectory,
        Duration drainTimeout,
        Backend backend) {
    private static final int MOST_WORKERS = 1000;
    // contained interrupts half a second before the end; less than a second leaves a program no time of its own.
    private static final Duration SHORTEST_RUN = Duration.ofSeconds(1);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofMinutes(60);

    /** Where programs run. */
    sealed interface Backend {}

    record Kubernetes(Path podTemplate, String namespace, Optional<String> podName, Optional<String> podUid)
            implements Backend {}

    record Local(Path contained, Optional<Path> rootfs, Optional<Path> runsc) implements Backend {}

    private enum Kind {
        LOCAL,
        KUBERNETES;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static RunnerConfig read(Map<String, String> environment, List<String> arguments) throws BadConfigException {
        var settings = new Settings(environment, arguments);
        int workers = settings.count(WORKERS, Runtime.getRuntime().availableProcessors(), 1, MOST_WORKERS);
        var config = new RunnerConfig(
                settings.address(LISTEN),
                settings.address(ADMIN_LISTEN),
                workers,
                settings.count(WARM, workers, 1, MOST_WORKERS),
                settings.count(QUEUE_DEPTH, 8 * workers, 0, 100 * MOST_WORKERS),
                settings.bytes(BINARY_LIMIT),
                settings.bytes(OUTPUT_LIMIT),
                settings.bytes(MEMORY_LIMIT),
                settings.count(PIDS_LIMIT, 1, 1, 1_000_000),
                settings.duration(RUN_TIMEOUT, SHORTEST_RUN, LONG),
                settings.duration(START_TIMEOUT, SHORT, LONG),
                settings.duration(QUEUE_TIMEOUT, SHORT, LONG),
                spoolDirectory(settings),
                settings.duration(DRAIN_TIMEOUT, SHORT, LONG),
                backend(settings, environment));
        if (config.listen.port() == config.adminListen.port() && config.listen.port() != 0) {
            settings.reject(ADMIN_LISTEN, "must have another port than " + LISTEN.variable());
        }
        if (!settings.errors().isEmpty()) {
            throw new BadConfigException(settings.errors());
        }
        return config;
    }

    SandboxLimits sandboxLimits() {
        return new SandboxLimits(
                workers, warm, binaryLimit, outputLimit, memoryLimit, pidsLimit, runTimeout, startTimeout);
    }

    /** For the log at the start: each setting as it is in force, those that were not set too. */
    String inWords() {
        return "listen=" + listen
                + " admin-listen=" + adminListen
                + " workers=" + workers
                + " warm=" + warm
                + " queue-depth=" + queueDepth
                + " binary-limit=" + Settings.words(binaryLimit)
                + " output-limit=" + Settings.words(outputLimit)
                + " memory-limit=" + Settings.words(memoryLimit)
                + " pids-limit=" + pidsLimit
                + " run-timeout=" + Settings.words(runTimeout)
                + " start-timeout=" + Settings.words(startTimeout)
                + " queue-timeout=" + Settings.words(queueTimeout)
                + " spool-directory=" + spoolDirectory
                + " drain-timeout=" + Settings.words(drainTimeout)
                + " " + backendInWords();
    }

    private String backendInWords() {
        return switch (backend) {
            case Kubernetes k ->
                "sandboxes=kubernetes pod-template=" + k.podTemplate + " namespace=" + k.namespace + " pod-name="
                        + k.podName.orElse("") + " pod-uid=" + k.podUid.orElse("");
            case Local l ->
                "sandboxes=local contained=" + l.contained + " rootfs="
                        + l.rootfs.map(Path::toString).orElse("") + " runsc="
                        + l.runsc.map(Path::toString).orElse("none");
        };
    }

    private static Path spoolDirectory(Settings settings) {
        if (!settings.isSet(SPOOL_DIRECTORY)) {
            return Path.of(System.getProperty("java.io.tmpdir"));
        }
        return settings.path(
                SPOOL_DIRECTORY,
                path -> Files.isDirectory(path) && Files.isWritable(path),
                "must be a folder that can be written to");
    }

    private static Backend backend(Settings settings, Map<String, String> environment) {
        return switch (settings.oneOf(SANDBOXES, Kind.class)) {
            case KUBERNETES -> kubernetes(settings);
            case LOCAL -> local(settings, environment);
        };
    }

    private static Backend kubernetes(Settings settings) {
        if (!settings.isSet(NAMESPACE)) {
            settings.reject(NAMESPACE, "sandboxes in Kubernetes need it");
        }
        return new Kubernetes(
                settings.path(POD_TEMPLATE, Files::isReadable, "must be a file that can be read"),
                settings.text(NAMESPACE),
                optional(settings, POD_NAME),
                optional(settings, POD_UID));
    }

    private static Backend local(Settings settings, Map<String, String> environment) {
        Path contained = settings.path(
                CONTAINED,
                path -> Files.isRegularFile(path) && Files.isExecutable(path),
                "must be the contained program, which make -C contained builds");
        Optional<Path> rootfs = settings.isSet(ROOTFS)
                ? Optional.of(settings.path(ROOTFS, Files::isDirectory, "must be a folder"))
                : Optional.empty();
        return new Local(contained, rootfs, runsc(settings, environment));
    }

    private static Optional<Path> runsc(Settings settings, Map<String, String> environment) {
        if (!settings.isSet(RUNSC)) {
            return Settings.onPath("runsc", environment);
        }
        return settings.text(RUNSC).equals("none")
                ? Optional.empty()
                : Optional.of(settings.path(RUNSC, Files::isExecutable, "must be a program, or none"));
    }

    private static Optional<String> optional(Settings settings, Setting setting) {
        return settings.isSet(setting) ? Optional.of(settings.text(setting)) : Optional.empty();
    }
}
