package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Facts;
import dev.sandpool.protocol.FilePattern;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The files that a program leaves, whatever it leaves. */
class CollectIT {
    private static final long MIB = 1 << 20;
    private static final Duration TIME = Duration.ofSeconds(20);
    private static final int MOST_ENTRIES = 100_000;
    private static final int MOVING = 40;

    private static Frame.Collect ask(String... patterns) {
        return ask(16 * MIB, patterns);
    }

    private static Frame.Collect ask(long mostBytes, String... patterns) {
        return new Frame.Collect(
                TIME, mostBytes, Arrays.stream(patterns).map(FilePattern::new).toList());
    }

    private static Contained.Ran run(Contained contained, RunOf run, Frame.Collect asked) throws IOException {
        contained.send(run.start(), asked, new Frame.StdinEnd());
        contained.sendProgram(run.program());
        return contained.finish();
    }

    private static Collected collect(Place place, RunOf run, Frame.Collect asked) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, run, asked);
            assertThat(ran.err()).isEmpty();
            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.exit().exitCode()).isZero();
            return Collected.of(ran.others());
        }
    }

    private static RunOf leaving(String... arguments) {
        return RunOf.c("leave").arguments(arguments);
    }

    @ParameterizedTest
    @EnumSource
    void filesComeByNameAndByPattern(Place place) throws IOException {
        RunOf run = RunOf.script(
                "mkdir -p out/a other",
                "echo one >out/1.csv",
                "echo two >out/a/2.csv",
                "echo 3 >other/3.csv",
                ": >empty");

        Collected found =
                collect(place, run, ask("out/*.csv", "empty", "other/3.csv", "none.txt", "play*", "out/1.csv"));

        assertThat(found.files().keySet()).containsExactly("empty", "other/3.csv", "out/1.csv");
        assertThat(found.text("out/1.csv")).isEqualTo("one\n");
        assertThat(found.text("other/3.csv")).isEqualTo("3\n");
        assertThat(found.omitted()).containsExactly(new Frame.OutputFileOmitted(Omission.MISSING, 1, "none.txt"));
    }

    @ParameterizedTest
    @EnumSource
    void whatLiesInFoldersIsFound(Place place) throws IOException {
        RunOf run = RunOf.script("mkdir -p a/b/c d", "echo 1 >1.txt", "echo 2 >a/b/c/2.txt", "echo 3 >d/3.bin");

        assertThat(collect(place, run, ask("**/*.txt")).files()).containsOnlyKeys("1.txt", "a/b/c/2.txt");
        assertThat(collect(place, run, ask("**")).files()).containsOnlyKeys("1.txt", "a/b/c/2.txt", "d/3.bin");
    }

    @ParameterizedTest
    @EnumSource
    void aLargeFileComesInPieces(Place place) throws IOException {
        RunOf run = RunOf.script("head -c 3000000 /dev/zero | tr '\\0' x >large", "echo printed");
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, run, ask(3_000_000, "large"));

            assertThat(ran.out()).isEqualTo("printed\n");
            byte[] wanted = new byte[3_000_000];
            Arrays.fill(wanted, (byte) 'x');
            assertThat(Collected.of(ran.others()).files()).containsEntry("large", Bytes.view(wanted));
        }
    }

    @ParameterizedTest
    @EnumSource
    void linksAndDevicesAreNotFollowedNorOpened(Place place) throws IOException {
        List<String> links = List.of("etc", "inner", "link", "loop", "mem", "passwd", "proc", "root");
        List<String> noFiles = new ArrayList<>(links);
        noFiles.addAll(List.of("folder", "pipe", "socket"));
        List<String> through = List.of(
                "etc/passwd",
                "inner/within",
                "own/below",
                "proc/version",
                "proc/1/environ",
                "root/etc/passwd",
                "root/init");
        List<String> asked = new ArrayList<>(noFiles);
        asked.addAll(through);
        asked.addAll(List.of("hard", "others", "device"));

        Collected found = collect(place, leaving("no-files"), ask(asked.toArray(String[]::new)));
        Collected byPattern = collect(place, leaving("no-files"), ask("**"));

        assertThat(found.files()).containsOnlyKeys("hard");
        assertThat(found.text("hard")).isEqualTo("its own");
        assertThat(found.named(Omission.NOT_A_FILE)).containsAll(noFiles).containsAll(through);
        assertThat(found.named(Omission.MISSING)).containsExactly("device", "others");
        assertThat(byPattern.files()).containsOnlyKeys("folder/within", "hard", "own");
        assertThat(byPattern.named(Omission.NOT_A_FILE))
                .containsAll(links)
                .contains("pipe", "socket")
                .hasSize(links.size() + 2);
    }

    @ParameterizedTest
    @EnumSource
    void whatMayNotBeReadIsNamed(Place place) throws IOException {
        Collected found = collect(place, leaving("unreadable"), ask("**", "closed/a"));

        assertThat(found.files()).containsOnlyKeys("open");
        assertThat(found.named(Omission.UNREADABLE)).containsExactly("closed", "closed/a", "shut");
    }

    @ParameterizedTest
    @EnumSource
    void aFolderThatNobodyMayReadHasNoFiles(Place place) throws IOException {
        Collected found = collect(place, RunOf.script("echo a >a", "chmod 000 ."), ask("*", "a"));

        assertThat(found.files()).isEmpty();
        assertThat(found.count(Omission.UNREADABLE)).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource
    void namesThatNoFileMayHaveAreCounted(Place place) throws IOException {
        Collected found = collect(place, leaving("names"), ask("**"));

        assertThat(found.files()).containsOnlyKeys("n".repeat(255), "größe");
        // Three of characters, one of 259 bytes, and a folder.
        assertThat(found.count(Omission.BAD_NAME)).isEqualTo(5);
        assertThat(found.named(Omission.BAD_NAME)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSparseFileCountsByItsLength(Place place) throws IOException {
        RunOf run = leaving("sparse").resources(new Start.ResourceLimits(64, 1024, Long.MAX_VALUE));

        Collected found = collect(place, run, ask(MIB + 4, "huge", "fits", "shorter"));

        assertThat(found.named(Omission.TOO_LARGE)).containsExactly("huge");
        assertThat(found.files()).containsEntry("fits", Bytes.view(new byte[(int) MIB]));
        assertThat(found.text("shorter")).isEqualTo("0123");
        assertThat(found.truncated()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void filesAreNoLargerTogetherThanTheyMayBe(Place place) throws IOException {
        RunOf run = RunOf.script("printf 123456 >a", "printf 123456 >b", "printf 1234 >c", ": >d");

        Collected found = collect(place, run, ask(10, "a", "b", "c", "d"));

        assertThat(found.files()).containsOnlyKeys("a", "c", "d");
        assertThat(found.named(Omission.TOO_LARGE)).containsExactly("b");
    }

    @ParameterizedTest
    @EnumSource
    void thereAreNoMoreFilesThanThereMayBe(Place place) throws IOException {
        Collected found = collect(place, leaving("entries", "1500"), ask("e*", "named"));

        assertThat(found.files()).hasSize(Protocol.MAX_FILES).containsKey("named");
        assertThat(found.count(Omission.TOO_MANY)).isEqualTo(1501 - Protocol.MAX_FILES);
        assertThat(found.named(Omission.TOO_MANY)).hasSize(Protocol.MAX_OMITTED_NAMES);
    }

    @ParameterizedTest
    @EnumSource
    void aSearchEndsAmongTooManyEntries(Place place) throws IOException {
        RunOf run = leaving("entries", Integer.toString(MOST_ENTRIES + 1)).memoryBytes(0);

        Collected found = collect(place, run, ask("none*", "named"));

        assertThat(found.files()).containsOnlyKeys("named");
        assertThat(found.omitted()).containsExactly(new Frame.OutputFileOmitted(Omission.TOO_MANY_ENTRIES, 0, ""));
    }

    @ParameterizedTest
    @EnumSource
    void aSearchGoesNoDeeperThanAPathMay(Place place) throws IOException {
        Collected found = collect(place, leaving("deep", "10000"), ask("**", "d/d/end"));

        assertThat(found.files()).isEmpty();
        assertThat(found.omitted())
                .containsExactlyInAnyOrder(
                        new Frame.OutputFileOmitted(Omission.MISSING, 1, "d/d/end"),
                        new Frame.OutputFileOmitted(Omission.BAD_NAME, 1, ""));
    }

    @ParameterizedTest
    @EnumSource
    void filesOfTheDeepestPathAreFound(Place place) throws IOException {
        Collected found = collect(place, leaving("deep", "15"), ask("**/end"));

        assertThat(found.files()).containsOnlyKeys("d/".repeat(15) + "end");
    }

    @ParameterizedTest
    @EnumSource
    void noProcessWritesAnyMore(Place place) throws IOException {
        RunOf run = RunOf.script(
                "(trap '' TERM INT HUP; while :; do echo more >>log; done) >/dev/null 2>&1 &",
                "until [ -s log ]; do :; done");
        for (int i = 0; i < 3; i++) {
            Collected found = collect(place, run, ask("log"));

            // As many bytes came as the file had when it was begun, and all lines are whole.
            assertThat(found.truncated()).isEmpty();
            assertThat(found.text("log")).startsWith("more\n").endsWith("\n");
        }
    }

    /** In gVisor process 1 of a namespace ends before the others, and a search that meets a file twice sends it twice. */
    @ParameterizedTest
    @EnumSource
    void noProcessMovesFilesAnyMore(Place place) throws IOException {
        RunOf run = leaving("moving", Integer.toString(MOVING)).reuse();
        try (Contained contained = place.isolated()) {
            for (int runs = 1; runs <= 10; runs++) {
                contained.send(run.start(), ask("*"), new Frame.StdinEnd());
                contained.sendProgram(run.program());
                Collected found = Collected.of(contained.finishReusable().others());

                assertThat(found.files()).hasSize(MOVING);
                assertThat(found.omitted()).isEmpty();
                assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, Integer.toString(runs));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void filesOfAProgramThatWasEndedComeToo(Place place) throws IOException {
        RunOf slow = RunOf.script("echo early >a", "while :; do :; done")
                .deadlines(Duration.ofMillis(1500), Duration.ofMillis(1600));
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, slow, ask("a"));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.TIMED_OUT);
            assertThat(Collected.of(ran.others()).text("a")).isEqualTo("early\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aProgramThatDidNotStartHasNone(Place place) throws IOException {
        RunOf run = RunOf.program("no program".getBytes(US_ASCII));
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = run(contained, run, ask("a", "*"));

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.FAILED_TO_START);
            assertThat(Collected.of(ran.others()).omitted()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutTimeNothingComes(Place place) throws IOException {
        Frame.Collect asked = new Frame.Collect(Duration.ZERO, MIB, List.of(new FilePattern("a")));

        Collected found = collect(place, RunOf.script("echo a >a"), asked);

        assertThat(found.files()).isEmpty();
        assertThat(found.omitted()).containsExactly(new Frame.OutputFileOmitted(Omission.NO_TIME, 0, ""));
    }

    @ParameterizedTest
    @EnumSource
    void theNextRunHasItsOwnFiles(Place place) throws IOException {
        RunOf first =
                RunOf.script("mkdir -p d/d/d", "echo 1 >d/d/d/1", "echo 2 >2").reuse();
        RunOf second = RunOf.script("echo 3 >3").reuse();
        try (Contained contained = place.isolated()) {
            contained.send(first.start(), ask("**"), new Frame.StdinEnd());
            contained.sendProgram(first.program());
            Contained.Ran ran = contained.finishReusable();
            assertThat(Collected.of(ran.others()).files()).containsOnlyKeys("d/d/d/1", "2");
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "1");

            ran = contained.runReusable(second);
            assertThat(Collected.of(ran.others()).files()).isEmpty();
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "2");

            contained.send(second.start(), ask("**"), new Frame.StdinEnd());
            contained.sendProgram(second.program());
            ran = contained.finishReusable();
            assertThat(Collected.of(ran.others()).files()).containsOnlyKeys("3");
            assertThat(contained.greetedAgain()).containsEntry(Facts.RUNS, "3");
        }
    }

    /** Frames after START that are refused, and the words that tell why. */
    static List<WrongFrames> wrongs() {
        Frame.Collect asked = ask("a");
        return List.of(
                new WrongFrames("COLLECT twice", List.of(asked, asked)),
                new WrongFrames("COLLECT after PROGRAM_END", List.of(new Frame.ProgramEnd(), asked)));
    }

    @ParameterizedTest
    @MethodSource("wrongs")
    void whatIsAgainstTheRulesIsRefused(WrongFrames wrong) throws IOException {
        wrong.assertRefused(RunOf.c("obey").start());
    }

    @Test
    void itIsRefusedBeforeStart() throws IOException {
        try (Contained contained = Contained.warm()) {
            contained.send(ask("a"));

            assertThat(contained.finish().exit().message()).contains("COLLECT before START");
        }
    }
}
