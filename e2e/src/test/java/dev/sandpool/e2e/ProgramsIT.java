package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** What programs of every kind get back, through the Service, from a real gVisor pod. */
@Isolated("programs that need most of their time limit, or of their memory")
class ProgramsIT {
    private static final int MIB = 1 << 20;

    private final RunnerService service = RunnerService.deployed();

    @Test
    void aStaticProgramGetsItsArgumentsAndItsAnswerIsTheContractToTheLetter() {
        HttpResponse<byte[]> response =
                service.sendWhenReady(service.request(Programs.staticC("hello"), "-test.v", "a b", "-n=1"));

        String body = new String(response.body(), StandardCharsets.UTF_8);
        assertThat(body)
                .isEqualTo("{\n  \"exitCode\": 0,\n  \"stdout\": \"aGVsbG8K\",\n  \"stderr\": "
                        + "\"MD0vdG1wZnMvcGxheQoxPS10ZXN0LnYKMj1hIGIKMz0tbj0xCg==\"\n}");
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(response.body().length);
        assertThat(response.headers().firstValue("Server-Timing").orElseThrow())
                .matches("queue;dur=[0-9.]+, claim;dur=[0-9.]+, send;dur=[0-9.]+, run;dur=[0-9.]+");
    }

    @Test
    void aGoProgramFindsTimeZonesAndWritesFilesByRelativePaths() {
        assertEnded(service.runWhenReady(Programs.go("hello"), "an argument"), 0, "Hello, 世界\n", "an argument\n");
    }

    @Test
    void aDynamicallyLinkedProgramRuns() {
        assertEnded(service.runWhenReady(Programs.dynamicC("hello")), 0, "hello\n", "0=/tmpfs/play\n");
    }

    @Test
    void aScriptRunsAndItsEnvironmentIsOnlyItsOwn() {
        Answer answer =
                service.runWhenReady(Programs.script("#!/bin/sh\n/bin/env | sort\npwd\nprintf '%s\\n' \"$@\"\n"), "x");

        assertThat(answer.stdout())
                .isEqualTo("HOME=/tmp\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                        + "PWD=/tmpfs\nSHLVL=1\n/tmpfs\nx\n");
        assertThat(answer.exitCode()).isZero();
    }

    @Test
    void theKernelIsGvisors() {
        Answer answer = service.runWhenReady(Programs.script("#!/bin/sh\ncat /proc/version\n"));

        assertThat(answer.stdout()).contains("gvisor");
    }

    @Test
    void theUsualFilesAreWhereProgramsExpectThem() {
        Answer answer = service.runWhenReady(Programs.script("""
                #!/bin/sh
                for f in /bin/env /lib/libc.so.6 /lib/ld-linux-x86-64.so.2 /lib64/ld-linux-x86-64.so.2 \\
                    /etc/nsswitch.conf /etc/hostname /etc/passwd /etc/group /usr/share/zoneinfo/UTC /.dockerenv /tmpfs/play; do
                  [ -e $f ] || echo "missing $f"
                done
                [ -s /.dockerenv ] && echo "/.dockerenv is not empty"
                echo x >/tmp/a && echo x >b && cat /tmp/a b
                { echo x >/etc/a; } 2>/dev/null && echo "the root can be written"
                id -u
                """));

        assertThat(answer.stdout()).isEqualTo("x\nx\n65532\n");
    }

    @Test
    void exitStatusesAndSignalsComeBackAsTheyDidOfOld() {
        byte[] exit = Programs.staticC("exit");

        assertThat(service.runWhenReady(exit, "0").exitCode()).isZero();
        assertThat(service.runWhenReady(exit, "3").exitCode()).isEqualTo(3);
        assertThat(service.runWhenReady(exit, "255").exitCode()).isEqualTo(255);
        assertThat(service.runWhenReady(exit, "-11").exitCode()).isEqualTo(255);
        assertThat(service.runWhenReady(exit, "-9").exitCode()).isEqualTo(255);
    }

    @Test
    void aProgramThatHangsIsEndedInTimeAndKeepsWhatItPrinted() {
        // A wait for a sandbox comes out of the run's time, and what it then has too little of is a 503.
        Answer answer = service.runWhenReady(Programs.staticC("hang"));

        assertEnded(answer, 1, "partial ", "waiting\ntimeout running program\n");
        // It is empty only when contained's own account arrived before the runner's deadline, runTimeout after the
        // claim.
        assertThat(answer.error()).isEmpty();
    }

    @Test
    void aFloodIsCutOffWithoutPartialOutput() {
        Answer answer = service.runWhenReady(Programs.staticC("flood"));

        if (!answer.isTimedOut()) { // a slow machine may run into the time limit first
            assertThat(answer.error()).isEqualTo("Output too large");
            assertThat(answer.stdout()).isEmpty();
        }
    }

    @Test
    void twentyMebibytesOfOutputComeBackWhole() {
        Answer answer = service.runWhenReady(Programs.staticC("flood"), "20");

        assertThat(answer.exitCode()).isZero();
        assertThat(answer.stdout()).hasSize(20 * MIB).matches("y*");
    }

    @Test
    void aMemoryHogIsKilledAndModestUseIsNot() {
        assertEnded(service.runWhenReady(Programs.staticC("hog"), "80"), 0, "held 80 MiB\n", "");

        Answer hog = service.runWhenReady(Programs.staticC("hog"), "4000");
        assertThat(hog.exitCode()).isEqualTo(137);
        assertThat(hog.stderr()).isEmpty();
    }

    @Test
    void aForkBombEndsWithItsRunAndTheNextRunIsFine() {
        Answer bomb = service.runWhenReady(Programs.staticC("forkbomb"));

        assertThat(bomb.status()).isEqualTo(200);
        if (bomb.error().isEmpty()) {
            assertThat(bomb.exitCode()).isNotZero();
        } else {
            assertThat(bomb.error()).isEqualTo("timeout running program");
        }
        assertEnded(service.runWhenReady(Programs.staticC("exit"), "3"), 3, "", "");
    }

    @Test
    void nothingIsReachableOverTheNetwork() {
        Answer answer = service.runWhenReady(
                Programs.staticC("network"),
                "10.96.0.1",
                "443",
                "10.99.0.2",
                "6443",
                "10.99.0.2",
                "10250",
                "10.99.0.1",
                "22",
                "169.254.169.254",
                "80");

        assertThat(answer.stdout().lines()).hasSize(5).noneMatch(line -> line.contains("REACHED"));
    }

    @Test
    void containedCannotBeSeenReadTracedOrKilled() {
        Answer answer = service.runWhenReady(Programs.staticC("spy"));

        assertThat(answer.stdout())
                .doesNotContain("OPENED", "TRACED", "KILLED", "INHERITED")
                .contains("others 1\n")
                .endsWith("done\n");
    }

    @Test
    void killingProcessOneOnlyEndsTheRun() {
        Answer answer = service.runWhenReady(Programs.staticC("killinit"));

        assertThat(answer.stdout()).startsWith("before\n");
        assertThat(answer.exitCode()).isIn(7, 255);
    }

    @Test
    void aBackgroundChildDoesNotHoldTheAnswerUp() {
        assertEnded(service.runWhenReady(Programs.staticC("daemonize")), 0, "parent done\n", "");
    }

    @Test
    void whatIsNoProgramSaysSo() {
        for (byte[] noProgram : new byte[][] {{}, {0x7f, 'E', 'L', 'F'}, "hello".getBytes(StandardCharsets.UTF_8)}) {
            Answer answer = service.runWhenReady(noProgram);

            assertThat(answer.exitCode()).isEqualTo(1);
            assertThat(answer.stdout()).isEmpty();
            assertThat(answer.stderr()).endsWith("exec format error\n");
        }
    }

    @Test
    void aProgramOfTheFullSizeRunsAndMayTouchAllOfItself() {
        byte[] full = Programs.padded(Programs.staticC("selfread"), 100 * MIB);

        // On a slow machine the 5 s of the playground are too short.
        try (TestPool pool = TestPool.made("full-size", "workers: 1, warm: {min: 1, max: 1}, " + Load.NO_HURRY)) {
            assertEnded(pool.service().runWhenReady(full), 0, 100 * MIB + " bytes, sum ok\n", "");
        }
    }

    @Test
    void oneByteMoreIsRefused() {
        Answer answer = service.runWhenReady(Programs.padded(Programs.staticC("hello"), 100 * MIB + 1));

        assertThat(answer.status()).isEqualTo(413);
    }

    private static void assertEnded(Answer answer, int exitCode, String stdout, String stderr) {
        assertThat(answer).as("%s", answer).satisfies(a -> {
            assertThat(a.status()).isEqualTo(200);
            assertThat(a.stderr()).isEqualTo(stderr);
            assertThat(a.stdout()).isEqualTo(stdout);
            assertThat(a.exitCode()).isEqualTo(exitCode);
        });
    }
}
