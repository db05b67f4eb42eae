package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/** What a run leaves behind is not there for the next one in the same sandbox. */
class CarryIT {
    private static final List<String> KINDS = List.of(
            "files",
            "processes",
            "sockets",
            "ipc",
            "timers",
            "signals",
            "environment",
            "locks",
            "watches",
            "full",
            "pids",
            "memory",
            "limits");

    static final List<Arguments> EVERYWHERE = Arrays.stream(Place.values())
            .flatMap(place -> KINDS.stream().map(kind -> Arguments.of(place, kind)))
            .toList();

    /** Where the same program finds what it left itself; a look at its own new memory or watches shows nothing of others. */
    static final List<Arguments> SEEN = EVERYWHERE.stream()
            .filter(arguments ->
                    !List.of("memory", "watches").contains(arguments.get()[1]))
            .toList();

    private static RunOf carry(String what, String kind) {
        return RunOf.c("carry").arguments(what, kind);
    }

    @ParameterizedTest
    @FieldSource("EVERYWHERE")
    void nothingCrosses(Place place, String kind) throws IOException {
        String fresh;
        try (Contained contained = place.isolated()) {
            fresh = contained.runReusable(carry("find", kind)).out();
        }
        try (Contained contained = place.isolated()) {
            Contained.Ran left = contained.runReusable(carry("leave", kind));
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "1");
            Contained.Ran found = contained.runReusable(carry("find", kind));

            assertThat(left.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(found.out()).isEqualTo(fresh).endsWith("done\n");
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "2");
        }
    }

    /** Else the test above would prove nothing. */
    @ParameterizedTest
    @FieldSource("SEEN")
    void withinARunItIsSeen(Place place, String kind) throws IOException {
        try (Contained contained = place.isolated()) {
            String fresh = contained.runReusable(carry("find", kind)).out();
            contained.greetedAgain();
            Contained.Ran ran = contained.runReusable(carry("both", kind));
            String both = ran.out();

            assertThat(both).as("%s", ran.exit()).endsWith("done\n").isNotEqualTo(fresh);
        }
    }

    @ParameterizedTest
    @EnumSource
    void allOfItOneAfterTheOther(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            for (int round = 0; round < 2; round++) {
                for (String kind : KINDS) {
                    contained.runReusable(carry("leave", kind));
                    contained.greetedAgain();
                }
            }
            Contained.Ran last = contained.runReusable(RunOf.c("hello"));

            assertThat(last.out()).isEqualTo("Hello, sandbox\n");
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, String.valueOf(2 * KINDS.size() + 1));
        }
    }
}
