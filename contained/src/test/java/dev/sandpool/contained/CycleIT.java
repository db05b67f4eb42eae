package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
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

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
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
        assertEnds(RunOf.c("cycle").arguments(kind), "a socket is left");
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
                "connection",
                "netlink",
                "udp6",
                "ping",
                "ping6"
            })
    void aFileOfAForgottenConnectionEndsTheSandbox(String kind) throws IOException {
        assertEnds(
                RunOf.c("cycle").arguments("orphan", kind),
                switch (kind) {
                    case "terminal" -> "a terminal is left";
                    case "listener", "connection", "netlink", "udp6", "ping", "ping6" -> "a socket is left";
                    default -> "a file is left";
                });
    }

    /** The memory file system is another one then: in the first run after a START, in the next one from the beginning. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void soDoesOneWhereProgramsMayHaveAnotherSize(int runsBefore) throws IOException {
        RunOf run = RunOf.c("cycle").arguments("orphan", "folder").programBytes(20 << 20);
        try (Contained contained = Place.GVISOR.isolated()) {
            for (int runs = 0; runs < runsBefore; runs++) {
                contained.runReusable(RunOf.c("hello").programBytes(20 << 20));
                contained.greetedAgain();
            }
            Contained.Ran ran = contained.run(run.reuse());

            assertThat(ran.out()).as("%s", ran.err()).isEqualTo("done\n");
            assertThat(ran.status()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("not clean after a run: a file is left");
        }
    }

    @ParameterizedTest
    @EnumSource
    void programsOfManySizesAreFollowed(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            for (int mebibytes : new int[] {100, 20, 20, 200, 100}) {
                RunOf run = RunOf.script("echo full > /tmpfs/file; cat /tmpfs/file /dev/shm/* 2>/dev/null");
                assertThat(contained
                                .runReusable(run.programBytes((long) mebibytes << 20))
                                .out())
                        .isEqualTo("full\n");
                contained.greetedAgain();
            }
        }
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
