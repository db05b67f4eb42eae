package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.ExitOutcome;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

class CpuTimeIT {
    private static final Duration LIMIT = Duration.ofMillis(400);

    /** All of them write a line, and then use CPU time without end. */
    static final List<Arguments> SPENDERS = Arrays.stream(Place.values())
            .flatMap(place -> Arrays.stream(new String[] {
                        "alone", "processes", "threads", "reaped", "unreaped", "orphans", "unwatched", "kernel"
                    })
                    .map(kind -> Arguments.of(place, kind)))
            .toList();

    private static Exit run(Place place, RunOf run) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(run);
            assertThat(ran.out()).isEqualTo("spending\n"); // what was written before is kept
            return ran.exit();
        }
    }

    @ParameterizedTest
    @FieldSource("SPENDERS")
    void whoeverSpendsIt(Place place, String kind) throws IOException {
        Exit exit = run(place, RunOf.c("spend").arguments(kind, "1000000").cpu(LIMIT));

        assertThat(exit.outcome()).isEqualTo(ExitOutcome.CPU_TIME_EXCEEDED);
        assertThat(exit.exitCode()).isZero();
        assertThat(exit.signal()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void aLimitIsNotForTheClock(Place place) throws IOException {
        Exit exit = run(place, RunOf.c("spend").arguments("sleep", "500").cpu(LIMIT));

        assertThat(exit.outcome()).isEqualTo(ExitOutcome.EXITED);
    }

    @ParameterizedTest
    @EnumSource
    void belowTheLimitNobodyIsEnded(Place place) throws IOException {
        Exit exit = run(place, RunOf.c("spend").arguments("processes", "50").cpu(Duration.ofSeconds(2)));

        assertThat(exit.outcome()).isEqualTo(ExitOutcome.EXITED);
    }

    /** It may end between two looks. */
    @ParameterizedTest
    @EnumSource
    void whatIsSpentBeforeTheEndCounts(Place place) throws IOException {
        Exit exit = run(place, RunOf.c("spend").arguments("alone", "120").cpu(Duration.ofMillis(60)));

        assertThat(exit.outcome()).isEqualTo(ExitOutcome.CPU_TIME_EXCEEDED);
    }
}
