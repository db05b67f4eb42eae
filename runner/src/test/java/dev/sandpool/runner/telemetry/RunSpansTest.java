package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.sandbox.Outcome;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunSpansTest {
    private final InMemorySpanExporter exported = InMemorySpanExporter.create();

    @Test
    void aRunIsASpanWithOneForEachStepInItWithoutGaps() {
        var run = TestingRun.ended(Outcome.EXITED, Optional.empty());

        List<SpanData> spans = spans(1, run);

        assertThat(spans).extracting(SpanData::getName).containsExactly("send", "queue", "claim", "send", "run", "run");
        SpanData root = spans.getLast();
        assertThat(root.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(root.getParentSpanId()).isEqualTo(SpanId.getInvalid());
        assertThat(root.getStartEpochNanos()).isEqualTo(epochNanos());
        long at = root.getStartEpochNanos();
        for (SpanData step : spans.subList(0, 5)) {
            assertThat(step.getParentSpanId()).isEqualTo(root.getSpanId());
            assertThat(step.getTraceId()).isEqualTo(root.getTraceId());
            assertThat(step.getStartEpochNanos()).isEqualTo(at);
            at = step.getEndEpochNanos();
        }
        assertThat(root.getEndEpochNanos()).isEqualTo(at);
        assertThat(root.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(root.getAttributes().asMap())
                .containsEntry(AttributeKey.stringKey("sandpool.run.id"), "r1")
                .containsEntry(AttributeKey.stringKey("sandpool.run.api"), "runs")
                .containsEntry(AttributeKey.stringKey("sandpool.run.outcome"), "exited")
                .containsEntry(AttributeKey.longKey("sandpool.run.exit_code"), 3L)
                .containsEntry(AttributeKey.longKey("sandpool.run.program_bytes"), 100L)
                .containsEntry(AttributeKey.longKey("sandpool.run.stdout_bytes"), 5L)
                .containsEntry(AttributeKey.longKey("sandpool.run.stderr_bytes"), 7L)
                .containsEntry(AttributeKey.stringKey("sandpool.sandbox.name"), "go-1-abc")
                .containsEntry(AttributeKey.stringKey("sandpool.sandbox.revision"), "0ded1f1852")
                .containsEntry(AttributeKey.longKey("sandpool.sandbox.run"), 2L)
                .hasSize(10);
    }

    @Test
    void theCallersTraceIsContinuedWhateverOurOwnShare() {
        List<SpanData> spans = spans(0, TestingRun.ended(Outcome.EXITED, TestingRun.parent("01")));

        assertThat(spans)
                .hasSize(6)
                .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(TestingRun.TRACE));
        assertThat(spans.getLast().getParentSpanId()).isEqualTo(TestingRun.PARENT);
    }

    @Test
    void aCallerThatDoesNotRecordIsNotRecorded() {
        assertThat(spans(1, TestingRun.ended(Outcome.EXITED, TestingRun.parent("00"))))
                .isEmpty();
    }

    @Test
    void withoutACallersDecisionTheShareCounts() {
        assertThat(spans(0, TestingRun.ended(Outcome.EXITED, Optional.empty()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E473G-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
            })
    void aParentThatIsNoneBeginsATraceOfOurOwn(String header) {
        List<SpanData> spans = spans(1, TestingRun.ended(Outcome.EXITED, Optional.of(header)));

        assertThat(spans).hasSize(6);
        assertThat(spans.getLast().getTraceId()).isNotEqualTo(TestingRun.TRACE);
        assertThat(spans.getLast().getParentSpanId()).isEqualTo(SpanId.getInvalid());
    }

    @ParameterizedTest
    @EnumSource(Outcome.class)
    void onlyWhatIsOurFaultIsAnError(Outcome outcome) {
        boolean ours = List.of(
                        "unanswered",
                        "authentication_unavailable",
                        "overloaded",
                        "no_sandbox",
                        "sandbox_lost",
                        "shutting_down",
                        "failed")
                .contains(outcome.label());

        SpanData root = spans(1, TestingRun.ended(outcome, Optional.empty())).getLast();

        assertThat(root.getStatus().getStatusCode()).isEqualTo(ours ? StatusCode.ERROR : StatusCode.UNSET);
        assertThat(root.getAttributes().get(AttributeKey.stringKey("error.type")))
                .isEqualTo(ours ? outcome.label() : null);
    }

    private List<SpanData> spans(double ratio, CompletedRun run) {
        var spans = new RunSpans(SdkTracerProvider.builder()
                .addSpanProcessor(SimpleSpanProcessor.create(exported))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                .build());
        spans.ended(run);
        return exported.getFinishedSpanItems();
    }

    private static long epochNanos() {
        return TimeUnit.SECONDS.toNanos(TestingRun.BEGUN.getEpochSecond()) + TestingRun.BEGUN.getNano();
    }
}
