package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.runner.sandbox.PoolState;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Builds a runner's entry in its pool's status from a snapshot. */
final class StatusEntry {
    // More than the longest message of an image pull. Containers can make the messages of their pods longer.
    private static final int LONGEST_MESSAGE = 500;

    private final RunnerIdentity runner;
    private final String since;
    private final Pattern podName;

    StatusEntry(RunnerIdentity runner, Instant since) {
        this.runner = runner;
        this.since = rfc3339(since);
        this.podName = Pattern.compile(Pattern.quote(PoolNames.sandboxPrefix(runner.pool())) + "[-a-z0-9]+");
    }

    /**
     * Builds the entry.
     *
     * @param target the revision that the settings ask for, which may be one that could not be read
     * @param unusable why the settings are not in force
     */
    RunnerStatus of(PoolState pool, LoadReport load, Optional<String> target, Optional<StartFailure> unusable) {
        String wanted = target.or(pool::target).orElse(null);
        return new RunnerStatus(
                runner.name(),
                runner.life(),
                since,
                pool.revision().orElse(null),
                wanted,
                pool.warm(),
                wanted == null ? 0 : pool.warmOf().getOrDefault(wanted, 0),
                pool.warmWanted(),
                pool.warmReason().isEmpty() ? null : pool.warmReason(),
                pool.kept(),
                pool.running(),
                pool.starting(),
                load.queued(),
                pool.workers(),
                load.runs(),
                failure(unusable.or(pool::candidateFailure).or(pool::lastFailure)));
    }

    private RunnerStatus.@Nullable StartFailure failure(Optional<StartFailure> failure) {
        return failure.map(each -> new RunnerStatus.StartFailure(
                        each.revision(), each.reason().camelCase(), words(each.message()), rfc3339(each.since())))
                .orElse(null);
    }

    /**
     * Returns the message as one bounded line without the pod's name. Each try has a pod with another name, which would
     * change the status each time.
     */
    private String words(String message) {
        StringBuilder line = new StringBuilder();
        podName.matcher(message)
                .replaceAll(PoolNames.sandboxPrefix(runner.pool()) + "…")
                .codePoints()
                .limit(LONGEST_MESSAGE)
                .map(c -> Character.isISOControl(c) ? ' ' : c)
                .forEach(line::appendCodePoint);
        return line.toString().strip();
    }

    private static String rfc3339(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
