package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RecordedOutput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A session with a scripted contained at its other end. */
class SessionFixture {
    static final long MAX_BINARY = 300_000;
    static final long MAX_OUTPUT = 1000;
    static final SandboxLimits LIMITS =
            new SandboxLimits(MAX_BINARY, 0, MAX_OUTPUT, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(5));
    static final SandboxLimits IMPATIENT =
            new SandboxLimits(MAX_BINARY, 0, MAX_OUTPUT, 1 << 20, 64, Optional.empty(), Duration.ofSeconds(1));
    static final SandboxLimits PATIENT =
            new SandboxLimits(MAX_BINARY, 0, MAX_OUTPUT, 1 << 20, 64, Optional.empty(), Duration.ofMinutes(1));

    static final Duration LONG = Duration.ofSeconds(5);

    final FakeContained contained = new FakeContained();
    final TestSandboxHost host = new TestSandboxHost(SandboxHost.Cause.OTHER, "the pod is a mystery");
    final RecordedOutput output = new RecordedOutput();

    SandboxSession warm(SandboxLimits limits, FakeContained.Script script) throws Exception {
        return warm(IsolationRequirements.POD, limits, script);
    }

    SandboxSession warm(IsolationRequirements requirements, SandboxLimits limits, FakeContained.Script script)
            throws Exception {
        return SandboxSession.greet(
                "test", contained.play(script), host, limits, requirements, Deadline.in(Duration.ofSeconds(5)));
    }

    RunResult run(FakeContained.Script afterGreeting) throws Exception {
        return run(LIMITS, "program".getBytes(UTF_8), afterGreeting);
    }

    RunResult run(SandboxLimits limits, byte[] program, FakeContained.Script afterGreeting) throws Exception {
        try (SandboxSession session = warm(limits, c -> {
            c.greet();
            afterGreeting.play(c);
        })) {
            return session.run(request(new ByteArrayInputStream(program)), output, () -> {});
        }
    }

    RunResult run(SandboxSession session) {
        return session.run(request(new ByteArrayInputStream("program".getBytes(UTF_8))), output, () -> {});
    }

    /** Plays a run at the other end, up to its EXIT. Returns what the runner asked for. */
    static Start runIn(FakeContained contained, String output) throws IOException {
        Start start = contained.receiveProgram();
        contained.started();
        contained.stdout(output);
        contained.exit(ExitOutcome.EXITED, 0, 0, "");
        return start;
    }

    static ProgramRequest request(InputStream program) {
        return new ProgramRequest(List.of("-v", "\u00ff\u0001"), program);
    }
}
