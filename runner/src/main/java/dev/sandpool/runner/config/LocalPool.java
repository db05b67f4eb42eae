package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.BINARY_LIMIT;
import static dev.sandpool.runner.config.Setting.CORS_ORIGINS;
import static dev.sandpool.runner.config.Setting.CPU_TIME_LIMIT;
import static dev.sandpool.runner.config.Setting.FILES_LIMIT;
import static dev.sandpool.runner.config.Setting.LAUNCHERS;
import static dev.sandpool.runner.config.Setting.MEMORY_LIMIT;
import static dev.sandpool.runner.config.Setting.OUTPUT_LIMIT;
import static dev.sandpool.runner.config.Setting.PIDS_LIMIT;
import static dev.sandpool.runner.config.Setting.QUEUE_DEPTH;
import static dev.sandpool.runner.config.Setting.QUEUE_TIMEOUT;
import static dev.sandpool.runner.config.Setting.REUSE_AGE;
import static dev.sandpool.runner.config.Setting.REUSE_RUNS;
import static dev.sandpool.runner.config.Setting.RUN_TIMEOUT;
import static dev.sandpool.runner.config.Setting.START_TIMEOUT;
import static dev.sandpool.runner.config.Setting.WARM;
import static dev.sandpool.runner.config.Setting.WORKERS;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sandpool.crds.CorsSpec;
import dev.sandpool.crds.LauncherSpec;
import dev.sandpool.crds.PoolRules;
import dev.sandpool.crds.ReuseSpec;
import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The settings that a runner without a SandboxPool reads in place of one. */
final class LocalPool {
    static final Duration SHORT = Duration.ofMillis(1);
    static final Duration LONG = Duration.ofMinutes(60);
    private static final Duration LONGEST_WITH_MILLIS = Duration.ofMillis(999_999);
    private static final int MOST_WORKERS = 1000;
    private static final int MOST_RUNS = 10_000;
    // contained interrupts a program half a second before the end. With less than a second, the program would have no
    // time of its own.
    private static final Duration SHORTEST_RUN = Duration.ofSeconds(1);

    /**
     * Rejects unknown fields. People write this file, so an unknown field is a mistake, and not one of a newer
     * operator.
     */
    @JsonIgnoreProperties
    private interface Strict {}

    private LocalPool() {}

    static PoolSettings read(Settings settings) {
        PoolRules rules = rules(settings);
        return new PoolSettings(Revision.local(limits(settings)), Optional.empty(), rules);
    }

    private static SandboxLimits limits(Settings settings) {
        return new SandboxLimits(
                settings.bytes(BINARY_LIMIT),
                settings.bytes(FILES_LIMIT),
                settings.bytes(OUTPUT_LIMIT),
                settings.bytes(MEMORY_LIMIT),
                settings.count(PIDS_LIMIT, 1, 1, 1_000_000),
                settings.isSet(CPU_TIME_LIMIT)
                        ? Optional.of(settings.duration(CPU_TIME_LIMIT, SHORT, LONG))
                        : Optional.empty(),
                settings.duration(RUN_TIMEOUT, SHORTEST_RUN, LONG));
    }

    private static PoolRules rules(Settings settings) {
        int workers = settings.count(WORKERS, Runtime.getRuntime().availableProcessors(), 1, MOST_WORKERS);
        return new PoolRules(
                workers,
                1,
                settings.count(WARM, workers, 1, MOST_WORKERS),
                settings.count(QUEUE_DEPTH, 8 * workers, 0, 100 * MOST_WORKERS),
                duration(settings, START_TIMEOUT),
                duration(settings, QUEUE_TIMEOUT),
                new ReuseSpec(
                        settings.count(REUSE_RUNS, 1, 1, MOST_RUNS),
                        duration(settings, REUSE_AGE),
                        ReuseSpec.Scope.Caller),
                null,
                settings.isSet(LAUNCHERS) ? launchers(settings) : List.of(),
                CallerSettings.callers(settings),
                CallerSettings.authentication(settings),
                new CorsSpec(origins(settings)));
    }

    /** Returns it as a pool would write it: with at most six digits, so a long one has whole seconds. */
    private static String duration(Settings settings, Setting setting) {
        Duration value = settings.duration(setting, SHORT, LONG);
        return Settings.words(value.compareTo(LONGEST_WITH_MILLIS) > 0 ? value.truncatedTo(ChronoUnit.SECONDS) : value);
    }

    private static List<LauncherSpec> launchers(Settings settings) {
        var file = settings.path(LAUNCHERS, Files::isRegularFile, "must be a file");
        try {
            List<LauncherSpec> launchers = new YAMLMapper()
                    .addMixIn(LauncherSpec.class, Strict.class)
                    .readValue(Files.readString(file), new TypeReference<>() {});
            if (launchers == null || launchers.contains(null)) {
                settings.reject(
                        LAUNCHERS, "must be a list as spec.launchers of a SandboxPool: something in it is empty");
                return List.of();
            }
            var _ = Launchers.of(launchers);
            return launchers;
        } catch (JacksonException e) {
            settings.reject(LAUNCHERS, "must be a list as spec.launchers of a SandboxPool: " + e.getOriginalMessage());
        } catch (IOException e) {
            settings.reject(LAUNCHERS, "cannot be read: " + e.getMessage());
        } catch (IllegalArgumentException e) {
            settings.reject(LAUNCHERS, String.valueOf(e.getMessage()));
        }
        return List.of();
    }

    private static List<String> origins(Settings settings) {
        List<String> origins = Stream.of(settings.text(CORS_ORIGINS).split(","))
                .map(String::strip)
                .filter(origin -> !origin.isEmpty())
                .toList();
        if (!origins.stream().allMatch(origin -> origin.matches(CorsSpec.ORIGIN))) {
            settings.reject(
                    CORS_ORIGINS, "must be origins such as https://play.example.org, or *, separated by commas");
            return List.of();
        }
        return origins;
    }

    /** Returns all settings of the pool, also defaults, for the log at the start. */
    static String inWords(PoolSettings pool) {
        PoolRules rules = pool.rules();
        SandboxLimits limits = pool.revision().limits();
        return " workers=" + rules.workers()
                + " warm=" + rules.warmMax()
                + " reuse-runs=" + rules.reuse().maxRuns()
                + " reuse-age=" + rules.reuse().maxAge()
                + " queue-depth=" + rules.queueDepth()
                + " binary-limit=" + Settings.words(limits.binaryBytes())
                + " files-limit=" + Settings.words(limits.fileBytes())
                + " output-limit=" + Settings.words(limits.outputBytes())
                + " memory-limit=" + Settings.words(limits.memoryBytes())
                + " cpu-time-limit=" + limits.cpuTime().map(Settings::words).orElse("none")
                + " pids-limit=" + limits.pids()
                + " launchers="
                + String.join(
                        ",", rules.launchers().stream().map(LauncherSpec::name).toList())
                + " cors-origins=" + String.join(",", rules.cors().allowedOrigins())
                + " run-timeout=" + Settings.words(limits.runTimeout())
                + " start-timeout=" + rules.startTimeout()
                + " queue-timeout=" + rules.queueTimeout()
                + CallerSettings.inWords(rules.callers());
    }
}
