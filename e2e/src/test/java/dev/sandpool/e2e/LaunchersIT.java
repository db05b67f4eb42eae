package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A pool whose programs are not all the kernel's: the shell stands in for the loader that NaCl programs once had. */
class LaunchersIT {
    private static TestPool pool;
    private static RunnerService service;

    @BeforeAll
    static void make() {
        // "NaClstub", anywhere.
        pool = TestPool.made(
                "launchers",
                "launchers: [{name: stand-in, contains: 4e61436c73747562, command: [/bin/sh, -x]}], workers: 1, warm: {min: 1, max: 1}");
        service = pool.service();
    }

    @AfterAll
    static void end() {
        pool.close();
    }

    @Test
    void whatTheLauncherKnowsIsRunByIt() {
        Answer answer = service.runWhenReady("echo \"$1\" # NaClstub".getBytes(UTF_8), "an argument");
        assertThat(answer.stdout()).isEqualTo("an argument\n");
        assertThat(answer.stderr()).contains("+ echo");
    }

    @Test
    void otherProgramsAreExecutedThemselves() {
        assertThat(service.runWhenReady(Programs.staticC("hello")).stdout()).isEqualTo("hello\n");
        assertThat(service.runWhenReady("echo hello".getBytes(UTF_8)).stderr()).contains("exec format error");
    }
}
