package dev.sandpool.runner.sandbox.pool;

import dev.sandpool.runner.sandbox.PoolSettings;
import dev.sandpool.runner.sandbox.PoolState.StartFailure;
import dev.sandpool.runner.sandbox.Revision;
import dev.sandpool.runner.sandbox.Timer;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The current revision of a pool, and the candidate that replaces it as soon as one sandbox of it has proved itself.
 * Guarded by the pool's lock.
 */
final class Revisions {
    private final Timer timer;
    private final RandomGenerator random;
    private @Nullable Line current;
    private @Nullable Line candidate;

    /** A revision and the backoff of its starts. A revision that does not start does not delay others. */
    record Line(Revision revision, StartBackoff backoff) {}

    Revisions(Timer timer, RandomGenerator random) {
        this.timer = timer;
        this.random = random;
    }

    /** Applies the settings. Returns true if the candidate before, or the lack of one, no longer holds. */
    boolean apply(PoolSettings settings) {
        Line before = candidate;
        Line now = current;
        if (now == null) {
            now = line(settings.stable().orElse(settings.revision()));
            current = now;
        }
        if (settings.revision().is(now.revision)) {
            candidate = null;
        } else if (before == null || !settings.revision().is(before.revision)) {
            candidate = line(settings.revision());
        }
        return !Objects.equals(before, candidate);
    }

    private Line line(Revision revision) {
        return new Line(revision, new StartBackoff(timer, random, revision.name()));
    }

    /** Makes the candidate, which has proved itself, the current revision. */
    void promote() {
        if (candidate != null) {
            current = candidate;
            candidate = null;
        }
    }

    /** Returns the current revision; empty before there are settings. */
    Optional<Line> current() {
        return Optional.ofNullable(current);
    }

    Optional<Line> candidate() {
        return Optional.ofNullable(candidate);
    }

    /** Returns the names of all revisions that are wanted. */
    Set<String> names() {
        return Stream.of(name(), target()).flatMap(Optional::stream).collect(Collectors.toUnmodifiableSet());
    }

    Optional<String> name() {
        return current().map(line -> line.revision.name());
    }

    Optional<String> target() {
        return candidate().map(line -> line.revision.name()).or(this::name);
    }

    Optional<StartFailure> failure() {
        return current().flatMap(line -> line.backoff.failure());
    }

    Optional<StartFailure> candidateFailure() {
        return candidate().flatMap(line -> line.backoff.failure());
    }
}
