package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.ADMIN_LISTEN;
import static dev.sandpool.runner.config.Setting.CONTAINED;
import static dev.sandpool.runner.config.Setting.DRAIN_TIMEOUT;
import static dev.sandpool.runner.config.Setting.LISTEN;
import static dev.sandpool.runner.config.Setting.NAMESPACE;
import static dev.sandpool.runner.config.Setting.POD_NAME;
import static dev.sandpool.runner.config.Setting.POD_UID;
import static dev.sandpool.runner.config.Setting.POOL;
import static dev.sandpool.runner.config.Setting.ROOTFS;
import static dev.sandpool.runner.config.Setting.RUNSC;
import static dev.sandpool.runner.config.Setting.SANDBOXES;
import static dev.sandpool.runner.config.Setting.SPOOL_DIRECTORY;
import static dev.sandpool.runner.config.Setting.SPOOL_LIMIT;

import dev.sandpool.runner.sandbox.PoolSettings;
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
        long spoolBytes,
        Duration drainTimeout,
        Telemetry telemetry,
        Optional<Path> tokensDirectory,
        Backend backend) {

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
                settings.bytes(SPOOL_LIMIT),
                settings.duration(DRAIN_TIMEOUT, LocalPool.SHORT, LocalPool.LONG),
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
                + " spool-limit=" + Settings.words(spoolBytes)
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
                        + l.runsc.map(Path::toString).orElse("none") + LocalPool.inWords(l.pool);
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
        PoolSettings pool = LocalPool.read(settings);
        Path contained = settings.path(
                CONTAINED,
                path -> Files.isRegularFile(path) && Files.isExecutable(path),
                "must be the contained program, which make -C contained builds");
        Optional<Path> rootfs = settings.isSet(ROOTFS)
                ? Optional.of(settings.path(ROOTFS, Files::isDirectory, "must be a folder"))
                : Optional.empty();
        return new Local(contained, rootfs, runsc(settings, environment), pool);
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
