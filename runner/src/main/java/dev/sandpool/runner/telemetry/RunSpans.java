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
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Creates a trace of each completed run: a span for the request, which continues its caller's trace, and one for each
 * step. A thread of its own exports them. While the receiver is slow or away, spans that do not fit into its queue are
 * lost, and no run waits.
 */
final class RunSpans implements RunListener, AutoCloseable {
    // What OpenTelemetry's variables are when they are not set. A run has five spans of at most 2 KiB each, so the
    // queue stays below 10 MiB and holds several hundred runs.
    private static final Map<String, String> DEFAULTS = Map.of(
            "otel.exporter.otlp.protocol", "http/protobuf",
            "otel.exporter.otlp.compression", "gzip",
            "otel.exporter.otlp.timeout", "5s",
            "otel.traces.sampler", "parentbased_traceidratio",
            "otel.bsp.max.queue.size", "4096",
            "otel.bsp.schedule.delay", "2s",
            "otel.bsp.export.timeout", "5s");
    // Whatever the variables say: there are only traces, and callers continue theirs by W3C's header.
    private static final Map<String, String> FIXED =
            Map.of("otel.metrics.exporter", "none", "otel.logs.exporter", "none", "otel.propagators", "tracecontext");
    private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
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

    RunSpans(SdkTracerProvider provider) {
        this.provider = provider;
        this.tracer = provider.get("dev.sandpool.runner");
    }

    /** @throws ConfigurationException if a variable has a value that cannot be used */
    static RunSpans to(TraceTarget target, RunnerConfig.Backend backend) {
        var properties = new HashMap<>(DEFAULTS);
        // As OpenTelemetry's SDK names its variables.
        target.variables()
                .forEach((name, value) ->
                        properties.put(name.toLowerCase(Locale.ROOT).replace('_', '.'), value));
        var sdk = AutoConfiguredOpenTelemetrySdk.builder()
                .disableShutdownHook() // what still waits is sent when the last run is over
                .addPropertiesSupplier(() -> properties)
                .addPropertiesCustomizer(RunSpans::fixed)
                .addResourceCustomizer((asked, _) -> resource(asked, backend))
                .build()
                .getOpenTelemetrySdk();
        return new RunSpans(sdk.getSdkTracerProvider());
    }

    private static Map<String, String> fixed(ConfigProperties asked) {
        var fixed = new HashMap<>(FIXED);
        // The SDK decodes headers like a form, in which a plus is a space. A token in Base64 can have a plus.
        for (String name : List.of("otel.exporter.otlp.headers", "otel.exporter.otlp.traces.headers")) {
            Optional.ofNullable(asked.getString(name))
                    .ifPresent(headers -> fixed.put(name, headers.replace("+", "%2B")));
        }
        return fixed;
    }

    /** Adds what is known of this runner, unless the variables say otherwise. */
    private static Resource resource(Resource asked, RunnerConfig.Backend backend) {
        var known = Attributes.builder();
        if (backend instanceof RunnerConfig.Kubernetes pods) {
            known.put("sandpool.pool", pods.pool()).put("k8s.namespace.name", pods.namespace());
            pods.podName().ifPresent(name -> known.put("k8s.pod.name", name));
        }
        Resource all = Resource.create(known.build()).merge(asked);
        boolean isNamed = !Objects.equals(
                asked.getAttribute(SERVICE_NAME), Resource.getDefault().getAttribute(SERVICE_NAME));
        return isNamed ? all : all.merge(Resource.create(Attributes.of(SERVICE_NAME, "sandpool-runner")));
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
