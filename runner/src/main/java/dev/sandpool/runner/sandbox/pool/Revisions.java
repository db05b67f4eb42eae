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
 * The current revision of a pool, and the candidate that replaces it as soon as its canary, the first sandbox of it, has
 * stayed warm.
 * Not thread-safe.
 */
final class Revisions {
    private final Timer timer;
    private final RandomGenerator random;
    private @Nullable Tracked current;
    private @Nullable Tracked candidate;

    /** A revision and the backoff of its starts. A revision that does not start does not delay others. */
    record Tracked(Revision revision, StartBackoff backoff) {}

    Revisions(Timer timer, RandomGenerator random) {
        this.timer = timer;
        this.random = random;
    }

    /** Applies the settings. Returns true if the candidate before, or the lack of one, no longer holds. */
    boolean apply(PoolSettings settings) {
        Tracked before = candidate;
        Tracked now = current;
        if (now == null) {
            now = track(settings.stable().orElse(settings.revision()));
            current = now;
        }
        if (settings.revision().is(now.revision)) {
            candidate = null;
        } else if (before == null || !settings.revision().is(before.revision)) {
            candidate = track(settings.revision());
        }
        return !Objects.equals(before, candidate);
    }

    private Tracked track(Revision revision) {
        return new Tracked(revision, new StartBackoff(timer, random, revision.name()));
    }

    /** Makes the candidate, whose canary has stayed warm, the current revision. */
    void promote() {
        if (candidate != null) {
            current = candidate;
            candidate = null;
        }
    }

    /** Returns the current revision; empty before there are settings. */
    Optional<Tracked> current() {
        return Optional.ofNullable(current);
    }

    Optional<Tracked> candidate() {
        return Optional.ofNullable(candidate);
    }

    /** Returns the names of all revisions that are wanted. */
    Set<String> names() {
        return Stream.of(name(), target()).flatMap(Optional::stream).collect(Collectors.toUnmodifiableSet());
    }

    Optional<String> name() {
        return current().map(tracked -> tracked.revision.name());
    }

    Optional<String> target() {
        return candidate().map(tracked -> tracked.revision.name()).or(this::name);
    }

    Optional<StartFailure> failure() {
        return current().flatMap(tracked -> tracked.backoff.failure());
    }

    Optional<StartFailure> candidateFailure() {
        return candidate().flatMap(tracked -> tracked.backoff.failure());
    }
}
