package dev.sandpool.runner.telemetry;

import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.config.TraceTarget;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import dev.sandpool.runner.run.RunPhases.Step;
import dev.sandpool.runner.sandbox.Outcome;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Creates a trace of each completed run: a span for the request, which continues its caller's trace, and one for each
 * step. A thread of its own exports them. While the receiver is slow or away, spans that do not fit into its queue are
 * lost, and no run waits.
 */
final class RunSpans implements RunListener, AutoCloseable {
    // A run has five spans of at most 2 KiB each, so the queue stays below 10 MiB and holds several hundred runs.
    private static final int MOST_WAITING = 4096;
    private static final int BATCH = 512;
    private static final Duration EXPORT_EVERY = Duration.ofSeconds(2);
    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(5);
    // A part of the drain. A pod that ends must not wait longer for a receiver that is away.
    private static final Duration LAST_EXPORT = Duration.ofSeconds(3);

    private static final TextMapGetter<CompletedRun> HEADERS = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable CompletedRun run, String name) {
            return run != null && name.equals("traceparent") ? run.traceParent().orElse(null) : null;
        }
    };

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    RunSpans(SpanProcessor processor, double ratio, Resource resource) {
        provider = SdkTracerProvider.builder()
                .addSpanProcessor(processor)
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                .setResource(resource)
                .build();
        tracer = provider.get("dev.sandpool.runner");
    }

    static RunSpans to(TraceTarget target, RunnerConfig.Backend backend) {
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(target.endpoint().toString())
                .setTimeout(EXPORT_TIMEOUT)
                .setCompression("gzip");
        target.headers().forEach(exporter::addHeader);
        var processor = BatchSpanProcessor.builder(exporter.build())
                .setMaxQueueSize(MOST_WAITING)
                .setMaxExportBatchSize(BATCH)
                .setScheduleDelay(EXPORT_EVERY)
                .setExporterTimeout(EXPORT_TIMEOUT)
                .build();
        return new RunSpans(processor, target.ratio(), resource(target, backend));
    }

    private static Resource resource(TraceTarget target, RunnerConfig.Backend backend) {
        var attributes = Attributes.builder();
        if (backend instanceof RunnerConfig.Kubernetes pods) {
            attributes.put("sandpool.pool", pods.pool()).put("k8s.namespace.name", pods.namespace());
            pods.podName().ifPresent(name -> attributes.put("k8s.pod.name", name));
        }
        target.resource().forEach(attributes::put);
        return Resource.create(attributes.build());
    }

    @Override
    public void ended(CompletedRun run) {
        Context parent = W3CTraceContextPropagator.getInstance().extract(Context.root(), run, HEADERS);
        List<Step> steps = run.phases().steps();
        Span span = tracer.spanBuilder("run")
                .setSpanKind(SpanKind.SERVER)
                .setParent(parent)
                .setStartTimestamp(run.begun())
                .setAllAttributes(attributes(run))
                .startSpan();
        if (isOurs(run.outcome())) {
            span.setStatus(StatusCode.ERROR, run.outcome().label());
        }
        Context within = Context.root().with(span);
        Instant end = run.begun();
        for (Step step : steps) {
            end = run.begun().plus(step.end());
            tracer.spanBuilder(step.phase().label())
                    .setParent(within)
                    .setStartTimestamp(run.begun().plus(step.begin()))
                    .startSpan()
                    .end(end);
        }
        span.end(end);
    }

    private static boolean isOurs(Outcome outcome) {
        return outcome.fault() == Outcome.Fault.SANDPOOL;
    }

    private static Attributes attributes(CompletedRun run) {
        var attributes = Attributes.builder()
                .put("sandpool.run.id", run.id())
                .put("sandpool.run.api", run.api().label())
                .put("sandpool.run.outcome", run.outcome().label())
                .put("sandpool.run.program_bytes", run.bytesIn())
                .put("sandpool.run.stdout_bytes", run.stdoutBytes())
                .put("sandpool.run.stderr_bytes", run.stderrBytes());
        run.exitCode().ifPresent(code -> attributes.put("sandpool.run.exit_code", code));
        run.signal().ifPresent(signal -> attributes.put("sandpool.run.signal", signal));
        run.sandbox()
                .ifPresent(sandbox -> attributes
                        .put("sandpool.sandbox.name", sandbox.name())
                        .put("sandpool.sandbox.revision", sandbox.revision())
                        .put("sandpool.sandbox.run", sandbox.run()));
        Optional.of(run.outcome())
                .filter(RunSpans::isOurs)
                .ifPresent(outcome -> attributes.put(AttributeKey.stringKey("error.type"), outcome.label()));
        return attributes.build();
    }

    /** Exports what is still waiting, for a bounded time. */
    @Override
    public void close() {
        var _ = provider.shutdown().join(LAST_EXPORT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
