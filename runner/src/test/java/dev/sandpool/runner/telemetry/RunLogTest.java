package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RunLogTest {
    private static final Logger TARGET = Logger.getLogger(RunLog.class.getName());

    private final List<String> lines = new ArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord entry) {
            lines.add(entry.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        TARGET.addHandler(handler);
    }

    @AfterEach
    void listenNoMore() {
        TARGET.removeHandler(handler);
    }

    @Test
    void aRunIsOneLineOfFacts() {
        new RunLog().ended(TestingRun.ended(Outcome.EXITED, TestingRun.parent("01")));

        assertThat(lines)
                .singleElement()
                .asString()
                .matches("run=r1 api=runs caller=frontend outcome=exited exitCode=3"
                        + " queueMillis=\\S+ claimMillis=\\S+ sendMillis=\\S+ runMillis=\\S+"
                        + " sandbox=go-1-abc revision=0ded1f1852 sandboxRun=2"
                        + " cpuMillis=15.0 peakMemoryBytes=4096 bytesIn=100 stdoutBytes=5 stderrBytes=7"
                        + " trace=" + TestingRun.TRACE + " run ended");
    }

    @Test
    void aSignalIsToldAndAHeaderThatIsNoTraceIsNot() {
        new RunLog().ended(TestingRun.ended(Outcome.SIGNALLED, Optional.of("00-x\nrun=r2")));

        assertThat(lines).singleElement().asString().contains("signal=11").doesNotContain("exitCode", "trace", "r2");
    }
}
