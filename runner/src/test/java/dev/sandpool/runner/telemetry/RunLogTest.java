package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sandpool.runner.sandbox.Outcome;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class RunLogTest {
    private final Logger target = (Logger) LoggerFactory.getLogger(RunLog.class);
    private final ListAppender<ILoggingEvent> seen = new ListAppender<>();

    @BeforeEach
    void listen() {
        seen.start();
        target.addAppender(seen);
    }

    @AfterEach
    void listenNoMore() {
        target.detachAppender(seen);
    }

    @Test
    void aRunIsOneLineOfFacts() {
        new RunLog().ended(TestingRun.ended(Outcome.EXITED, TestingRun.parent("01")));

        assertThat(lines())
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

        assertThat(lines()).singleElement().asString().contains("signal=11").doesNotContain("exitCode", "trace", "r2");
    }

    private Stream<String> lines() {
        return seen.list.stream()
                .map(event -> event.getKeyValuePairs().stream()
                                .map(field -> field.key + "=" + field.value + " ")
                                .collect(Collectors.joining())
                        + event.getFormattedMessage());
    }
}
