package dev.sandpool.runner.dashboard;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.run.Signals;
import dev.sandpool.runner.sandbox.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** The JSON that the pool page reads. */
final class PoolJson {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final RunHandles HANDLES = new RunHandles();

    private PoolJson() {}

    /** @param at the time of the snapshot by this runner's clock; the reader's clock may be wrong */
    static byte[] pool(PoolSnapshot pool, Instant at) {
        return bytes(json -> {
            json.writeStartObject();
            json.writeNumberField("at", at.getEpochSecond());
            json.writeStringField("pool", pool.pool());
            json.writeStringField("runner", pool.runner());
            json.writeStringField("revision", pool.revision());
            json.writeNumberField("workers", pool.workers());
            json.writeNumberField("warm", pool.warm());
            json.writeNumberField("warmWanted", pool.warmWanted());
            json.writeStringField("warmReason", pool.warmReason());
            json.writeNumberField("running", pool.running());
            json.writeNumberField("starting", pool.starting());
            json.writeNumberField("queued", pool.queued());
            json.writeNumberField("capacity", pool.workers());
            json.writeNumberField("queueDepth", pool.queueDepth());
            recent(json, pool.recent());
            json.writeEndObject();
        });
    }

    /** @param reader the caller that gets the JSON; only its own runs have their ids */
    static byte[] runs(List<CompletedRun> runs, Caller reader) {
        return bytes(json -> {
            json.writeStartObject();
            json.writeArrayFieldStart("runs");
            for (CompletedRun run : runs) {
                run(json, run, isOf(reader, run));
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    /** @param withId whether the reader may know the id */
    static byte[] run(CompletedRun run, boolean withId) {
        return bytes(json -> run(json, run, withId));
    }

    /**
     * Returns whether a reader may know the id of a run, which is enough to get the answer of a named run. False for
     * callers that are known only by their address, since many may share it.
     */
    static boolean isOf(Caller reader, CompletedRun run) {
        return reader.isNamed() && reader.key().equals(run.caller());
    }

    private static void recent(JsonGenerator json, List<RunHistory.Bucket> buckets) throws IOException {
        json.writeObjectFieldStart("recent");
        json.writeNumberField("seconds", RunHistory.LENGTH.toSeconds());
        json.writeNumberField("bucketSeconds", RunHistory.BUCKET.toSeconds());
        json.writeArrayFieldStart("buckets");
        for (RunHistory.Bucket bucket : buckets) {
            json.writeStartObject();
            json.writeNumberField("t", bucket.epochSecond());
            json.writeNumberField("runs", bucket.runs());
            json.writeObjectFieldStart("outcomes");
            for (Map.Entry<Outcome, Integer> ended : new TreeMap<>(bucket.outcomes()).entrySet()) {
                json.writeNumberField(ended.getKey().apiName(), ended.getValue());
            }
            json.writeEndObject();
            millis(json, "queueMillisP50", bucket.queueMillisP50());
            millis(json, "queueMillisP95", bucket.queueMillisP95());
            millis(json, "runMillisP50", bucket.runMillisP50());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void run(JsonGenerator json, CompletedRun run, boolean withId) throws IOException {
        json.writeStartObject();
        json.writeStringField("handle", HANDLES.of(run));
        if (withId) {
            json.writeStringField("id", run.id());
        }
        json.writeStringField("begun", run.begun().toString());
        json.writeStringField("api", run.api().label());
        json.writeStringField("outcome", run.outcome().apiName());
        if (run.exitCode().isPresent()) {
            json.writeNumberField("exitCode", run.exitCode().getAsInt());
        }
        if (run.signal().isPresent()) {
            json.writeStringField("signal", Signals.name(run.signal().getAsInt()));
        }
        json.writeObjectFieldStart("phases");
        for (Phase phase : Phase.values()) {
            millis(json, phase.label() + "Millis", run.phases().duration(phase));
        }
        json.writeEndObject();
        json.writeObjectFieldStart("usage");
        millis(json, "wallMillis", run.usage().wall());
        millis(json, "userMillis", run.usage().user());
        millis(json, "systemMillis", run.usage().system());
        json.writeNumberField("peakMemoryBytes", run.usage().peakMemoryBytes());
        json.writeEndObject();
        if (run.sandbox().isPresent()) {
            sandbox(json, run.sandbox().get());
        }
        json.writeNumberField("bytesIn", run.bytesIn());
        json.writeNumberField("stdoutBytes", run.stdoutBytes());
        json.writeNumberField("stderrBytes", run.stderrBytes());
        json.writeEndObject();
    }

    private static void sandbox(JsonGenerator json, CompletedRun.SandboxUse sandbox) throws IOException {
        json.writeObjectFieldStart("sandbox");
        json.writeStringField("name", sandbox.name());
        json.writeStringField("revision", sandbox.revision());
        json.writeNumberField("run", sandbox.run());
        json.writeEndObject();
    }

    private static void millis(JsonGenerator json, String name, OptionalDouble millis) throws IOException {
        if (millis.isPresent()) {
            json.writeNumberField(name, Math.round(millis.getAsDouble() * 10) / 10.0);
        }
    }

    private static void millis(JsonGenerator json, String name, Duration duration) throws IOException {
        millis(json, name, OptionalDouble.of(duration.toNanos() / 1e6));
    }

    private interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    private static byte[] bytes(Content content) {
        var bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            content.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }
}
