package dev.sandpool.operator;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.crds.RunnerStatus;
import org.jspecify.annotations.Nullable;

/** A runner's words of itself. */
public record TestingRunner(
        String name,
        String life,
        @Nullable String revision,
        @Nullable String target,
        int warm,
        int warmOfRevision,
        int running,
        int starting,
        RunCounts runs,
        RunnerStatus.@Nullable StartFailure failure) {
    /** All is well: two warm ones of the wanted revision. */
    public static TestingRunner well(String name, String revision) {
        return new TestingRunner(name, "life", revision, revision, 2, 2, 0, 0, RunCounts.NONE, null);
    }

    /** Works with one revision and was told to use another. */
    public TestingRunner of(@Nullable String current, @Nullable String wanted) {
        return new TestingRunner(name, life, current, wanted, warm, warmOfRevision, running, starting, runs, failure);
    }

    public TestingRunner warm(int count, int wantedOnes) {
        return new TestingRunner(name, life, revision, target, count, wantedOnes, running, starting, runs, failure);
    }

    public TestingRunner running(int count) {
        return new TestingRunner(name, life, revision, target, warm, warmOfRevision, count, starting, runs, failure);
    }

    public TestingRunner runs(long total, long failed, long timedOut) {
        return new TestingRunner(
                name,
                life,
                revision,
                target,
                warm,
                warmOfRevision,
                running,
                starting,
                new RunCounts(total, failed, timedOut),
                failure);
    }

    public TestingRunner failing(String ofRevision, String reason, String message) {
        return new TestingRunner(
                name,
                life,
                revision,
                target,
                warm,
                warmOfRevision,
                running,
                1,
                runs,
                new RunnerStatus.StartFailure(ofRevision, reason, message, "2026-03-01T11:59:00Z"));
    }

    public TestingRunner startingWell() {
        return new TestingRunner(name, life, revision, target, warm, warmOfRevision, running, starting, runs, null);
    }

    public RunnerStatus entry() {
        return new RunnerStatus(
                name,
                life,
                "2026-03-01T11:00:00Z",
                revision,
                target,
                warm,
                warmOfRevision,
                2,
                "warm.min and warm.max are the same",
                1,
                running,
                starting,
                3,
                2,
                runs,
                failure);
    }
}
