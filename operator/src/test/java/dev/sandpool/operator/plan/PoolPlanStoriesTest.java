package dev.sandpool.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.operator.Samples;
import dev.sandpool.operator.TestingPool;
import dev.sandpool.operator.TestingRunner;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever happens to a pool, some things hold after each step. */
class PoolPlanStoriesTest {
    private static final int STEPS = 40;
    private static final List<String> IMAGES = List.of("one", "two", "three");
    private static final List<String> SPECS = List.of(
            "", "replicas: 0", "replicas: 3", "replicas: 2, paused: true", "warm: {min: 2, max: 4}", "workers: 5");
    private static final List<String> RUNNERS = List.of("a", "b", "c");
    private static final List<String> REASONS = List.of("ImagePull", "Quota", "Deadline");

    static IntStream seeds() {
        return IntStream.range(0, 30);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aThirdLookFindsNothingToDoAndRunsAreNeverForgotten(int seed) {
        var random = new Random(seed);
        var pool = new TestingPool("");
        pool.act();
        long runs = 0;
        for (int step = 0; step < STEPS; step++) {
            happen(pool, random);
            pool.act(); // a PodTemplate
            pool.act(); // what names it, and the end of those that nothing names any more
            pool.at(Samples.NOW.plusSeconds(step + 1));

            PoolPlan again = pool.plan();

            assertThat(again.isWritten(pool.seen().status()))
                    .as("step %d", step)
                    .isTrue();
            assertThat(again.events()).as("step %d", step).isEmpty();
            assertThat(again.obsolete()).as("step %d", step).isEmpty();
            RunCounts counted = Objects.requireNonNull(pool.status().runs());
            assertThat(counted.total()).as("step %d", step).isGreaterThanOrEqualTo(runs);
            runs = counted.total();
            assertThatNothingInUseIsMissing(pool, again);
        }
    }

    private static void assertThatNothingInUseIsMissing(TestingPool pool, PoolPlan plan) {
        if (plan.desired().isEmpty()) {
            return; // paused
        }
        assertThat(pool.templates()).contains("go-" + plan.status().revision());
        if (plan.status().stableRevision() != null) {
            assertThat(pool.templates()).contains("go-" + plan.status().stableRevision());
        }
    }

    private static void happen(TestingPool pool, Random random) {
        String runner = any(RUNNERS, random);
        String named = Objects.requireNonNullElse(pool.status().revision(), "none");
        String stable = Objects.requireNonNullElse(pool.status().stableRevision(), named);
        switch (random.nextInt(8)) {
            case 0 -> pool.spec(any(IMAGES, random), any(SPECS, random));
            case 1 -> pool.runners(TestingRunner.well(runner, named).runs(random.nextInt(50), 0, random.nextInt(3)));
            case 2 ->
                pool.runners(
                        TestingRunner.well(runner, stable).of(stable, named).warm(2, 0));
            case 3 ->
                pool.runners(TestingRunner.well(runner, stable)
                        .of(stable, named)
                        .failing(named, any(REASONS, random), "message " + random.nextInt(3)));
            case 4 -> pool.gone(runner);
            case 5 -> pool.podsOf(runner);
            case 6 -> pool.swept(random.nextInt(3)).stuck(random.nextBoolean() ? new String[] {"s"} : new String[0]);
            default -> pool.deployed(random.nextInt(4), random.nextInt(4), random.nextInt(4));
        }
    }

    private static <T> T any(List<T> choices, Random random) {
        return choices.get(random.nextInt(choices.size()));
    }
}
