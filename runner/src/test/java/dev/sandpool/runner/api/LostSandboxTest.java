package dev.sandpool.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.RawClient;
import dev.sandpool.runner.sandbox.RunResult;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** When a run whose sandbox is lost is tried again. */
class LostSandboxTest extends RunsApiFixture {
    @Test
    void aSandboxThatIsLostBeforeTheProgramBeganIsReplacedOnce() throws Exception {
        var lost = new AtomicReference<>(true);
        var programs = new ArrayList<String>();
        sandboxes.programIs((request, output, sandbox) -> {
            programs.add(read(request.input().program()));
            return lost.getAndSet(false) ? new RunResult.SandboxLost("gone") : new RunResult.Exited(0, FACTS);
        });

        assertThat(post("", "program").statusCode()).isEqualTo(200);
        assertThat(server.ask(RawClient.post("again")).status()).isEqualTo(200);
        assertThat(programs).containsExactly("program", "program", "again");
    }

    @Test
    void aProgramThatMayHaveRunIsNotRunAgain() throws Exception {
        ending(new RunResult.SandboxLost("gone"));

        post("", "program");

        assertThat(sandboxes.runs()).isEqualTo(1);
    }
}
