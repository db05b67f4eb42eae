package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.ADMIN_LISTEN;
import static dev.sandpool.runner.config.Setting.BINARY_LIMIT;
import static dev.sandpool.runner.config.Setting.CONTAINED;
import static dev.sandpool.runner.config.Setting.CPU_TIME_LIMIT;
import static dev.sandpool.runner.config.Setting.DRAIN_TIMEOUT;
import static dev.sandpool.runner.config.Setting.FILES_LIMIT;
import static dev.sandpool.runner.config.Setting.LISTEN;
import static dev.sandpool.runner.config.Setting.MEMORY_LIMIT;
import static dev.sandpool.runner.config.Setting.NAMESPACE;
import static dev.sandpool.runner.config.Setting.OUTPUT_LIMIT;
import static dev.sandpool.runner.config.Setting.PIDS_LIMIT;
import static dev.sandpool.runner.config.Setting.POD_NAME;
import static dev.sandpool.runner.config.Setting.POD_UID;
import static dev.sandpool.runner.config.Setting.POOL;
import static dev.sandpool.runner.config.Setting.QUEUE_DEPTH;
import static dev.sandpool.runner.config.Setting.QUEUE_TIMEOUT;
import static dev.sandpool.runner.config.Setting.REUSE_AGE;
import static dev.sandpool.runner.config.Setting.REUSE_RUNS;
import static dev.sandpool.runner.config.Setting.ROOTFS;
import static dev.sandpool.runner.config.Setting.RUNSC;
import static dev.sandpool.runner.config.Setting.RUN_TIMEOUT;
import static dev.sandpool.runner.config.Setting.SANDBOXES;
import static dev.sandpool.runner.config.Setting.SPOOL_DIRECTORY;
import static dev.sandpool.runner.config.Setting.START_TIMEOUT;
import static dev.sandpool.runner.config.Setting.WARM;
import static dev.sandpool.runner.config.Setting.WORKERS;

import dev.sandpool.crds.ReuseSpec;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The checked settings of a runner. */
public record RunnerConfig(
        ListenAddress listen,
        ListenAddress adminListen,
        HostNames hosts,
        Path spoolDirectory,
        Duration drainTimeout,
        Telemetry telemetry,
        Optional<Path> tokensDirectory,
        Backend backend) {
    private static final int MOST_WORKERS = 1000;
    private static final int MOST_RUNS = 10_000;
    // contained interrupts a program half a second before the end. With less than a second, the program would have no
    // time of its own.
    private static final Duration SHORTEST_RUN = Duration.ofSeconds(1);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofMinutes(60);

    /** Where programs run. */
    public sealed interface Backend {}

    /** Runs programs in pods. The SandboxPool sets their number and the limits of a run. */
    public record Kubernetes(String pool, String namespace, Optional<String> podName, Optional<String> podUid)
            implements Backend {}

    /** Runs programs on this machine, with the runner's own settings. */
    public record Local(Path contained, Optional<Path> rootfs, Optional<Path> runsc, PoolSettings pool)
            implements Backend {}

    private enum Kind {
        LOCAL,
        KUBERNETES;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static RunnerConfig read(Map<String, String> environment, List<String> arguments) throws BadConfigException {
        var settings = new Settings(environment, arguments);
        ListenAddress listen = settings.address(LISTEN);
        Kind kind = settings.oneOf(SANDBOXES, Kind.class);
        var config = new RunnerConfig(
                listen,
                settings.address(ADMIN_LISTEN),
                kind == Kind.LOCAL ? HostNames.local(settings, listen) : HostNames.ANY,
                spoolDirectory(settings),
                settings.duration(DRAIN_TIMEOUT, SHORT, LONG),
                Telemetry.read(settings, environment),
                CallerSettings.tokensDirectory(settings),
                backend(kind, settings, environment));
        if (config.listen.port() == config.adminListen.port() && config.listen.port() != 0) {
            settings.reject(ADMIN_LISTEN, "must have another port than " + LISTEN.variable());
        }
        if (!settings.errors().isEmpty()) {
            throw new BadConfigException(settings.errors());
        }
        return config;
    }

    /** Returns all effective settings, also defaults, for the log at the start. */
    public String inWords() {
        return "listen=" + listen
                + " admin-listen=" + adminListen
                + " hosts=" + hosts
                + " spool-directory=" + spoolDirectory
                + " drain-timeout=" + Settings.words(drainTimeout)
                + " " + telemetry.inWords()
                + " tokens-directory=" + tokensDirectory.map(Path::toString).orElse("")
                + " " + backendInWords();
    }

    private String backendInWords() {
        return switch (backend) {
            case Kubernetes k ->
                "sandboxes=kubernetes pool=" + k.pool + " namespace=" + k.namespace + " pod-name="
                        + k.podName.orElse("") + " pod-uid=" + k.podUid.orElse("");
            case Local l ->
                "sandboxes=local contained=" + l.contained + " rootfs="
                        + l.rootfs.map(Path::toString).orElse("") + " runsc="
                        + l.runsc.map(Path::toString).orElse("none") + inWords(l.pool);
        };
    }

    private static String inWords(PoolSettings pool) {
        SandboxLimits limits = pool.revision().limits();
        return " workers=" + pool.workers()
                + " warm=" + pool.warmMax()
                + " reuse-runs=" + pool.rules().reuse().maxRuns()
                + " reuse-age=" + pool.rules().reuse().maxAge()
                + " queue-depth=" + pool.queueDepth()
                + " binary-limit=" + Settings.words(limits.binaryBytes())
                + " files-limit=" + Settings.words(limits.fileBytes())
                + " output-limit=" + Settings.words(limits.outputBytes())
                + " memory-limit=" + Settings.words(limits.memoryBytes())
                + " cpu-time-limit=" + limits.cpuTime().map(Settings::words).orElse("none")
                + " pids-limit=" + limits.pids()
                + LocalRules.inWords(pool.rules())
                + " run-timeout=" + Settings.words(limits.runTimeout())
                + " start-timeout=" + Settings.words(pool.startTimeout())
                + " queue-timeout=" + Settings.words(pool.queueTimeout())
                + CallerSettings.inWords(pool.rules().callers());
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

    private static Backend backend(Kind kind, Settings settings, Map<String, String> environment) {
        return switch (kind) {
            case KUBERNETES -> kubernetes(settings);
            case LOCAL -> local(settings, environment);
        };
    }

    private static Backend kubernetes(Settings settings) {
        for (Setting needed : List.of(POOL, NAMESPACE)) {
            if (!settings.isSet(needed)) {
                settings.reject(needed, "sandboxes in Kubernetes need it");
            }
        }
        // Refuses settings that would have no effect.
        Stream.of(Setting.values())
                .filter(Setting::isOfPool)
                .filter(settings::isGiven)
                .forEach(setting ->
                        settings.reject(setting, "is for local sandboxes only: in Kubernetes the SandboxPool says it"));
        return new Kubernetes(
                settings.text(POOL),
                settings.text(NAMESPACE),
                optional(settings, POD_NAME),
                optional(settings, POD_UID));
    }

    private static Backend local(Settings settings, Map<String, String> environment) {
        PoolSettings pool = pool(settings);
        Path contained = settings.path(
                CONTAINED,
                path -> Files.isRegularFile(path) && Files.isExecutable(path),
                "must be the contained program, which make -C contained builds");
        Optional<Path> rootfs = settings.isSet(ROOTFS)
                ? Optional.of(settings.path(ROOTFS, Files::isDirectory, "must be a folder"))
                : Optional.empty();
        return new Local(contained, rootfs, runsc(settings, environment), pool);
    }

    private static PoolSettings pool(Settings settings) {
        int workers = settings.count(WORKERS, Runtime.getRuntime().availableProcessors(), 1, MOST_WORKERS);
        int warm = settings.count(WARM, workers, 1, MOST_WORKERS);
        int queueDepth = settings.count(QUEUE_DEPTH, 8 * workers, 0, 100 * MOST_WORKERS);
        var limits = new SandboxLimits(
                settings.bytes(BINARY_LIMIT),
                settings.bytes(FILES_LIMIT),
                settings.bytes(OUTPUT_LIMIT),
                settings.bytes(MEMORY_LIMIT),
                settings.count(PIDS_LIMIT, 1, 1, 1_000_000),
                settings.isSet(CPU_TIME_LIMIT)
                        ? Optional.of(settings.duration(CPU_TIME_LIMIT, SHORT, LONG))
                        : Optional.empty(),
                settings.duration(RUN_TIMEOUT, SHORTEST_RUN, LONG));
        return new PoolSettings(
                Revision.local(limits),
                Optional.empty(),
                workers,
                1,
                warm,
                queueDepth,
                settings.duration(START_TIMEOUT, SHORT, LONG),
                settings.duration(QUEUE_TIMEOUT, SHORT, LONG),
                rules(settings));
    }

    private static PoolSettings.Rules rules(Settings settings) {
        PoolSettings.Rules others = LocalRules.read(settings);
        PoolSettings.Rules callers = CallerSettings.rules(settings);
        var reuse = new ReuseSpec(
                settings.count(REUSE_RUNS, 1, 1, MOST_RUNS),
                Settings.words(settings.duration(REUSE_AGE, SHORT, LONG)),
                ReuseSpec.Scope.Caller);
        return new PoolSettings.Rules(
                reuse,
                others.embedded(),
                others.launchers(),
                callers.callers(),
                callers.authentication(),
                others.cors());
    }

    private static Optional<Path> runsc(Settings settings, Map<String, String> environment) {
        if (!settings.isSet(RUNSC)) {
            return Settings.onPath("runsc", environment);
        }
        if (settings.text(RUNSC).equals("none")) {
            return Optional.empty();
        }
        Path named = settings.path(RUNSC, Files::isExecutable, "must be a program, or none");
        if (Files.isRegularFile(named) && !settings.isSet(ROOTFS)) {
            // A user who names runsc does not want to run without it.
            settings.reject(ROOTFS, "the runsc that is named needs it");
        }
        return Optional.of(named);
    }

    private static Optional<String> optional(Settings settings, Setting setting) {
        return settings.isSet(setting) ? Optional.of(settings.text(setting)) : Optional.empty();
    }
}
