package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Outcome;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RunAnswerTest {
    private static final RunResult.Facts FACTS = RunResult.Facts.NONE;
    private static final List<RunResult> RESULTS = List.of(
            new RunResult.Exited(0, FACTS),
            new RunResult.Signalled(9, FACTS),
            new RunResult.TimedOut(FACTS),
            new RunResult.Unanswered(),
            new RunResult.OutputTooLarge(FACTS),
            new RunResult.OutOfMemory(FACTS),
            new RunResult.CpuTimeExceeded(FACTS),
            new RunResult.FailedToStart("exec format error"),
            new RunResult.ProgramTooLarge(1),
            new RunResult.FilesTooLarge(1),
            new RunResult.OutputFilesUnsupported(),
            new RunResult.UploadFailed(new IOException("gone")),
            new RunResult.Cancelled(),
            new RunResult.SandboxLost("pod died"));

    static Stream<RunResult> results() {
        return RESULTS.stream();
    }

    @Test
    void theResultsOfThisTestAreAll() {
        assertThat(RESULTS.stream().<Class<?>>map(Object::getClass).toList())
                .containsExactlyInAnyOrder(RunResult.class.getPermittedSubclasses());
    }

    @ParameterizedTest
    @MethodSource("results")
    void aProgramIsToldOfExactlyIfTheOutcomeIsOneOfARun(RunResult result) {
        var answer = RunAnswer.of(result, true, Upload.Ending.MALFORMED, new RunCancellation());

        assertThat(answer instanceof RunAnswer.Ended)
                .isEqualTo(result.outcome().runOutcome().isPresent());
    }

    @ParameterizedTest
    @MethodSource("results")
    void whatIsNotToldOfAProgramIsAProblemWithTheStatusOfItsOutcome(RunResult result) {
        var answer = RunAnswer.of(result, false, Upload.Ending.MALFORMED, new RunCancellation());

        if (answer instanceof RunAnswer.Refused refused) {
            assertThat(refused.problem().status()).isEqualTo(refused.outcome().status());
            assertThat(refused.outcome().problem()).contains(refused.problem().name());
        } else {
            assertThat(answer).isInstanceOf(RunAnswer.Ended.class);
        }
    }

    @Test
    void aSandboxThatIsLostBeforeItsProgramBeganIsAProblem() {
        var answer =
                RunAnswer.of(new RunResult.SandboxLost("pod died"), false, Upload.Ending.NONE, new RunCancellation());

        assertThat(answer.outcome()).isEqualTo(Outcome.SANDBOX_LOST);
        assertThat(answer.problem().detail()).isEqualTo("lost the sandbox during the run");
    }
}
