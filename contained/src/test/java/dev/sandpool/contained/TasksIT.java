package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What contained needs for itself is not a program's. */
class TasksIT {
    private static final int EAGAIN = 11;

    @ParameterizedTest
    @CsvSource({"LINUX, 1", "LINUX, 2", "LINUX, 64", "GVISOR, 1", "GVISOR, 2", "GVISOR, 64"})
    void aProgramHasAsManyTasksAsItsLimitSays(Place place, int limit) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran =
                    contained.run(RunOf.c("tasks").resources(new Start.ResourceLimits(limit, 1024, 1 << 20)));

            assertThat(ran.out()).isEqualTo(limit + ", then " + EAGAIN);
        }
    }

    @ParameterizedTest
    @CsvSource({"LINUX", "GVISOR"})
    void soHasTheNextOne(Place place) throws IOException {
        RunOf run = RunOf.c("tasks").resources(new Start.ResourceLimits(5, 1024, 1 << 20));
        try (Contained contained = place.isolated()) {
            for (int i = 0; i < 3; i++) {
                assertThat(contained.runReusable(run).out()).isEqualTo("5, then " + EAGAIN);
                contained.greetedAgain();
            }
        }
    }

    /** Fewer than contained's own processes leave room for: what the program asks for is not refused, but not had. */
    @Test
    void theLimitOfTheSurroundingsHolds() throws IOException {
        try (Contained contained = Contained.by(List.of("prlimit", "--nproc=2:2", Contained.BINARY.toString()))) {
            Isolation.assumeFull(contained.greet().facts().values());

            assertThat(contained.run(RunOf.c("tasks")).out()).isEqualTo("1, then " + EAGAIN);
        }
    }
}
