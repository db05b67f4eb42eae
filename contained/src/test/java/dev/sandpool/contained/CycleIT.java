package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Outcome;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a kernel keeps though no process has it: a sandbox where such a thing is left serves no further run. */
class CycleIT {
    private static void assertEnds(RunOf run, String why) throws IOException {
        try (Contained contained = Place.GVISOR.isolated()) {
            Contained.Ran ran = contained.run(run.reuse());

            assertThat(ran.exit().outcome()).isEqualTo(Outcome.EXITED);
            assertThat(ran.out()).as("%s", ran.err()).isEqualTo("done\n");
            assertThat(ran.status()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("not clean after a run: " + why);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "abstract",
                "terminal",
                "flock",
                "range",
                "listener",
                "memory",
                "folder",
                "epoll",
                "watch"
            })
    void aSocketThatKeepsItselfEndsTheSandbox(String kind) throws IOException {
        assertEnds(
                RunOf.c("cycle").arguments(kind), kind.equals("terminal") ? "a terminal is left" : "a socket is left");
    }

    /** No socket can be seen then: each kind is by itself. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "terminal",
                "flock",
                "range",
                "listener",
                "folder",
                "dev-folder",
                "sys-folder",
                "terminals-folder",
                "cgroup-folder",
                "ping"
            })
    void aFileOfAForgottenConnectionEndsTheSandbox(String kind) throws IOException {
        assertEnds(
                RunOf.c("cycle").arguments("orphan", kind),
                switch (kind) {
                    case "terminal" -> "a terminal is left";
                    case "listener", "ping" -> "a socket is left";
                    default -> "a file is left";
                });
    }

    /** Linux ends such sockets itself, and is waited for. */
    @Test
    void onLinuxItIsGoneBeforeTheNextRun() throws IOException {
        try (Contained contained = Place.LINUX.isolated()) {
            for (int runs = 1; runs <= 5; runs++) {
                contained.runReusable(RunOf.c("cycle").arguments("flock"));
                assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, String.valueOf(runs));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatLetsGoIsFollowed(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            for (int runs = 1; runs <= 20; runs++) {
                Contained.Ran ran = contained.runReusable(RunOf.c("cycle").arguments("honest"));

                assertThat(ran.out()).as("%s", ran.err()).isEqualTo("done\n");
                assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, String.valueOf(runs));
            }
        }
    }
}
