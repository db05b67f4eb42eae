package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Hello;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GreetingIT {
    @Test
    void theFirstPingIsAnsweredByHelloAndPong() throws IOException {
        try (Contained contained = Contained.start()) {
            contained.send(new Frame.Ping(Bytes.utf8("one")), new Frame.Ping(Bytes.EMPTY));

            assertThat(contained.read()).isInstanceOf(Hello.class);
            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.utf8("one")));
            assertThat(contained.read()).isEqualTo(new Frame.Pong(Bytes.EMPTY));
        }
    }

    @Test
    void aStartWithoutPingIsGreetedToo() throws IOException {
        try (Contained contained = Contained.start()) {
            Contained.Ran ran = contained.run(RunOf.c("hello"));

            assertThat(ran.others().getFirst()).isInstanceOf(Hello.class);
            assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void helloSaysWhatTheProgramGets() throws IOException {
        try (Contained contained = Contained.start()) {
            Map<String, String> facts = contained.greet().facts().values();

            assertThat(facts.keySet())
                    .containsExactly(
                            Facts.CONTAINED,
                            Facts.KERNEL,
                            Facts.KERNEL_RELEASE,
                            Facts.NAMESPACES,
                            Facts.INTERFACES,
                            Facts.ROOT,
                            Facts.TOKEN,
                            Facts.TMPFS,
                            Facts.PROC,
                            Facts.CAPABILITIES,
                            Facts.NO_NEW_PRIVILEGES,
                            Facts.UID,
                            Facts.RUNS,
                            Facts.KEPT,
                            Facts.COMPRESSION,
                            Facts.OUTPUT_FILES);
            assertThat(facts)
                    .containsEntry(Facts.KERNEL_RELEASE, System.getProperty("os.version"))
                    .containsEntry(Facts.CAPABILITIES, "none")
                    .containsEntry(Facts.NO_NEW_PRIVILEGES, "on")
                    .containsEntry(Facts.RUNS, "0")
                    .containsEntry(Facts.KEPT, "0")
                    .containsEntry(Facts.COMPRESSION, Facts.ZSTD)
                    .containsEntry(Facts.OUTPUT_FILES, Facts.PATTERNS)
                    .doesNotContainEntry(Facts.UID, "0");
        }
    }

    /** What the machines of this project's developers and its CI grant; another may grant less, and HELLO says so. */
    @Test
    void whereNamespacesAreGrantedTheWorldIsTheProgramsOwn() throws IOException {
        try (Contained contained = Contained.start()) {
            Map<String, String> facts = contained.greet().facts().values();
            Isolation.assumeFull(facts);

            assertThat(facts)
                    .containsEntry(Facts.INTERFACES, "lo")
                    .containsEntry(Facts.ROOT, "read-only")
                    .containsEntry(Facts.TMPFS, "own")
                    .containsEntry(Facts.PROC, "own");
        }
    }

    @Test
    void killBeforeStartEndsItWithoutAWord() throws IOException {
        try (Contained contained = Contained.warm()) {
            contained.send(new Frame.Kill());

            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isZero();
        }
    }

    @Test
    void aRootThatIsNotThereIsRefusedInsteadOfAnotherTaken() throws IOException {
        try (Contained contained = Contained.start("--root", "/no/such/folder")) {
            assertThat(contained.read()).isNull();
            assertThat(contained.exitStatus()).isEqualTo(1);
            assertThat(contained.diagnostics()).contains("--root");
        }
    }
}
