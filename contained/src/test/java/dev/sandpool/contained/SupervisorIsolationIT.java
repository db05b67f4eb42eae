package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.FilePattern;
import dev.sandpool.protocol.Frame;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each run has a sandbox and a kernel of its own, and finds nothing of the run before. */
class SupervisorIsolationIT extends SupervisorFixture {
    @Test
    void itGreetsWithTheFactsOfAPodAndItsOwn() throws IOException {
        try (Contained contained = Embedded.start()) {
            Map<String, String> facts = contained.greet().facts().values();

            assertThat(facts)
                    .containsEntry(Facts.KERNEL, "gvisor")
                    .containsEntry(Facts.NAMESPACES, Isolation.ALL_NAMESPACES)
                    .containsEntry(Facts.TOKEN, "absent")
                    .containsEntry(Facts.ROOT, "read-only")
                    .containsEntry(Facts.CAPABILITIES, "none")
                    .containsEntry(Facts.NO_NEW_PRIVILEGES, "on")
                    .containsEntry(Facts.PROC, "own")
                    .containsEntry(Facts.TMPFS, "own")
                    .containsEntry(Facts.UID, "65532")
                    .containsEntry("isolation", "embedded")
                    .containsEntry("served", "0");
            assertThat(facts.get(Facts.INTERFACES)).isIn("", "lo");
        }
    }

    @Test
    void eachRunHasANewSandbox() throws IOException {
        try (Contained contained = Embedded.start()) {
            Map<String, String> first = contained.greet().facts().values();
            for (int served = 1; served <= 3; served++) {
                RunOf leaving =
                        RunOf.script("ls /tmp /dev/shm", "echo x >/tmp/left", "echo x >/dev/shm/left", "sleep 100 &");
                Contained.Ran ran = run(contained, leaving);
                Map<String, String> facts = new HashMap<>(contained.greetedAgain());

                assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
                assertThat(ran.out()).doesNotContain("left");
                assertThat(facts)
                        .containsEntry("served", String.valueOf(served))
                        .containsEntry(Facts.RUNS, "0");
                facts.put("served", "0");
                assertThat(facts).isEqualTo(first);
            }
        }
    }

    @Test
    void filesComeBackAndNoneOfTheRunBefore() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            for (String name : List.of("first", "second")) {
                RunOf run = RunOf.script("head -c 300000 /dev/zero >" + name, "echo printed");
                contained.send(
                        run.start(),
                        new Frame.Collect(Duration.ofSeconds(20), 1 << 20, List.of(new FilePattern("**"))),
                        new Frame.StdinEnd());
                contained.sendProgram(run.program());
                Contained.Ran ran = contained.finishReusable();

                assertThat(ran.out()).isEqualTo("printed\n");
                assertThat(Collected.of(ran.others()).files()).isEqualTo(Map.of(name, Bytes.view(new byte[300_000])));
                contained.greetedAgain();
            }
        }
    }

    @Test
    void eachRunHasANewKernel() throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            long before = sentries(contained).getFirst().pid();
            assertServes(contained);
            contained.greetedAgain();

            assertThat(sentries(contained)).extracting(ProcessHandle::pid).doesNotContain(before);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "files",
                "processes",
                "sockets",
                "ipc",
                "timers",
                "signals",
                "environment",
                "locks",
                "full",
                "pids",
                "limits"
            })
    void nothingCrosses(String kind) throws IOException {
        try (Contained contained = Embedded.start()) {
            contained.greet();
            String fresh =
                    run(contained, RunOf.c("carry").arguments("find", kind)).out();
            contained.greetedAgain();
            Contained.Ran left = run(contained, RunOf.c("carry").arguments("leave", kind));
            contained.greetedAgain();
            String found =
                    run(contained, RunOf.c("carry").arguments("find", kind)).out();

            assertThat(left.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(found).isEqualTo(fresh).endsWith("done\n");
        }
    }
}
