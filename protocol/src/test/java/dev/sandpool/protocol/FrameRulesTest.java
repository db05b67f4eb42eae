package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What our own side may not even try to send. */
class FrameRulesTest {
    private static final Start.ResourceLimits RESOURCES = new Start.ResourceLimits(64, 1024, 1 << 20);
    private static final Start.Limits LIMITS = limits(Duration.ofMillis(4500), Duration.ofMillis(4750));

    @Test
    void argumentsMustFitIntoAFrame() {
        int room = Protocol.MAX_PAYLOAD_BYTES - Start.FIXED_BYTES;

        assertThatCode(() -> start(List.of("x".repeat(room - 2)), List.of())).doesNotThrowAnyException();
        assertThatCode(() -> start(Collections.nCopies(room / 2, ""), List.of()))
                .doesNotThrowAnyException();
        assertRefused(
                () -> start(List.of("x".repeat(room - 4)), List.of("y")),
                "arguments and environment take 65464 bytes, 2 for each one's length included,"
                        + " and at most 65463 fit into START");
        assertRefused(
                () -> start(List.of(), Collections.nCopies(1_000_000, "")),
                "arguments and environment take 2000000 bytes, 2 for each one's length included,"
                        + " and at most 65463 fit into START");
    }

    @Test
    void argumentsAndEnvironmentHaveNoNul() {
        assertRefused(() -> start(List.of("a", "b\0"), List.of()), "argument 2 contains a NUL byte");
        assertRefused(() -> start(List.of(), List.of("\0")), "environment variable 1 contains a NUL byte");
    }

    @Test
    void limitsMustFitTheirFields() {
        Duration tooLong = Duration.ofMillis(1L << 32);

        assertRefused(
                () -> limits(Duration.ofMillis(10), Duration.ofMillis(9)),
                "killAfter PT0.009S is before interruptAfter PT0.01S");
        assertRefused(() -> limits(Duration.ZERO, tooLong), "killAfter 4294967296 is not between 0 and 4294967295");
        assertRefused(
                () -> limits(Duration.ofMillis(-1), Duration.ZERO),
                "interruptAfter -1 is not between 0 and 4294967295");
        assertRefused(() -> new Start.Sizes(0, 0, 0, -1, 0), "outputBytes -1 is not between 0 and 9223372036854775807");
        assertRefused(
                () -> new Start.ResourceLimits(1L << 32, 0, 0),
                "maxProcesses 4294967296 is not between 0 and 4294967295");
    }

    @Test
    void timesAreCutToWhatTheWireCanSay() {
        assertThat(limits(Duration.ofNanos(1_999_999), Duration.ofNanos(2_999_999)))
                .isEqualTo(limits(Duration.ofMillis(1), Duration.ofMillis(2)));
        assertThat(new Exit.Usage(Duration.ofNanos(1_999), Duration.ZERO, Duration.ZERO, 0).wall())
                .isEqualTo(Duration.ofNanos(1_000));
    }

    @Test
    void noCpuLimitIsRoundedToNone() {
        assertThat(new Start.Times(Duration.ZERO, Duration.ZERO, Duration.ofNanos(1)).cpu())
                .isEqualTo(Duration.ofMillis(1));
        assertThat(new Start.Times(Duration.ZERO, Duration.ZERO, Duration.ofMillis(3)).cpu())
                .isEqualTo(Duration.ofMillis(3));
        assertThat(new Start.Times(Duration.ZERO, Duration.ZERO, Duration.ZERO).cpu())
                .isZero();
    }

    @Test
    void aLauncherMustFitIntoAFrame() {
        int room = Protocol.MAX_PAYLOAD_BYTES - Frame.ProgramEnd.FIXED_BYTES - 2;

        assertThatCode(() -> new Frame.ProgramEnd(List.of(Bytes.utf8("/" + "x".repeat(room - 1)))))
                .doesNotThrowAnyException();
        assertRefused(
                () -> new Frame.ProgramEnd(List.of(Bytes.utf8("/" + "x".repeat(room)))),
                "a launcher of 65537 bytes does not fit into PROGRAM_END");
        assertRefused(
                () -> new Frame.ProgramEnd(List.of(Bytes.utf8("sh"))),
                "the launcher's first part is not an absolute path");
    }

    @Test
    void aRefusedPathIsShownWithoutWhatWouldSpoilALog() {
        assertRefused(
                () -> new Frame.File(false, "a\u001b[2J/../" + "x".repeat(300)),
                "file path \"a?[2J/../" + "x".repeat(246) + "\" has 309 bytes, not 1 to 255");
    }

    @Test
    void signalsAreThoseBeforeTheRealTimeOnes() {
        assertRefused(() -> new Frame.ProgramKept(0), "no byte of the program before");
        assertRefused(() -> new Frame.ProgramKept(1L << 32), "bytes 4294967296 is not between 0 and 4294967295");
        assertRefused(() -> new Frame.Signal(0), "signal 0 is not between 1 and 31");
        assertRefused(() -> new Frame.Signal(32), "signal 32 is not between 1 and 31");
    }

    @Test
    void factsMustFitIntoAFrame() {
        Map<String, String> facts = new LinkedHashMap<>();
        for (int i = 0; i < 65; i++) {
            facts.put("f" + i, "");
        }
        int room = Protocol.MAX_PAYLOAD_BYTES - Facts.FIXED_BYTES - 4;

        assertRefused(() -> new Facts(facts), "65 facts, at most 64");
        assertThatCode(() -> new Facts(Map.of("k", "x".repeat(room - 1)))).doesNotThrowAnyException();
        assertRefused(() -> new Facts(Map.of("k", "x".repeat(room))), "facts of 65537 bytes do not fit into HELLO");
    }

    @Test
    void factsKeepTheirOrderAndAreTheirOwn() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put(Facts.ROOT, "read-only");
        values.put(Facts.KERNEL, "gvisor");
        Facts facts = new Facts(values);
        values.clear();

        assertThat(facts.values().keySet()).containsExactly(Facts.ROOT, Facts.KERNEL);
        assertThat(facts.value(Facts.KERNEL)).contains("gvisor");
        assertThat(facts.value(Facts.UID)).isEmpty();
    }

    @Test
    void anExitSaysOnlyWhatItsOutcomeAllows() {
        int room = Protocol.MAX_PAYLOAD_BYTES - Exit.FIXED_BYTES;

        assertRefused(() -> exit(ExitOutcome.KILLED, 1, 0, ""), "exitCode 1 with outcome killed");
        assertRefused(() -> exit(ExitOutcome.EXITED, 256, 0, ""), "exitCode 256 is not between 0 and 255");
        assertRefused(() -> exit(ExitOutcome.EXITED, 0, 9, ""), "signal 9 with outcome exited");
        assertRefused(() -> exit(ExitOutcome.TIMED_OUT, 0, 0, "late"), "a message with outcome timed-out");
        assertThatCode(() -> exit(ExitOutcome.INTERNAL_ERROR, 0, 0, "m".repeat(room)))
                .doesNotThrowAnyException();
        assertRefused(
                () -> exit(ExitOutcome.INTERNAL_ERROR, 0, 0, "m".repeat(room + 1)),
                "a message of 65476 bytes does not fit into EXIT");
        assertRefused(
                () -> new Exit.Usage(Duration.ofSeconds(Long.MAX_VALUE), Duration.ZERO, Duration.ZERO, 0),
                "PT2562047788015215H30M7S does not fit into microseconds");
    }

    @Test
    void payloadsOfBytesHaveTheirSizes() {
        Bytes nothing = Bytes.EMPTY;
        Bytes tooMuch = Bytes.view(new byte[Protocol.MAX_PAYLOAD_BYTES + 1]);

        assertRefused(() -> new Frame.Program(nothing), "0 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.FileData(nothing), "0 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.Stdin(nothing), "0 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.Stdout(tooMuch), "65537 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.Stderr(tooMuch), "65537 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.ProgramZstd(tooMuch), "65537 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.StdoutZstd(nothing), "0 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.StderrZstd(tooMuch), "65537 bytes, not 1 to 65536");
        assertRefused(() -> new Frame.Ping(Bytes.view(new byte[65])), "65 bytes, at most 64");
        assertRefused(() -> new Frame.Pong(Bytes.view(new byte[65])), "65 bytes, at most 64");
        assertRefused(() -> new Frame.StdinRead(-1), "bytes -1 is not between 0 and 4294967295");
    }

    private static Start start(List<String> arguments, List<String> environment) {
        return Start.of(LIMITS, arguments, environment);
    }

    private static Start.Limits limits(Duration interruptAfter, Duration killAfter) {
        return new Start.Limits(
                new Start.Times(interruptAfter, killAfter, Duration.ZERO), new Start.Sizes(1, 1, 1, 1, 1), RESOURCES);
    }

    private static Exit exit(ExitOutcome outcome, int exitCode, int signal, String message) {
        return new Exit(outcome, exitCode, signal, Exit.Usage.NONE, Exit.Tally.NONE, Exit.Tally.NONE, message);
    }

    private static void assertRefused(ThrowingCallable attempt, String words) {
        assertThatIllegalArgumentException().isThrownBy(attempt).withMessage(words);
    }
}
