package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.FileSpool;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.run.RunPhases.Phase;
import dev.sandpool.runner.run.Signals;
import dev.sandpool.runner.sandbox.FileSink.OmittedFiles;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * Writes the end of a run as {@code /v1/runs} describes it: as one JSON object, or as parts of events. The output is
 * copied from the spool to the client and is never in memory whole.
 */
final class RunJson {
    private static final JsonFactory JSON = new JsonFactory();

    private RunJson() {}

    static void write(CompletedRun run, OutputSpool output, RunOptions options, OutputStream to) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(to).useDefaultPrettyPrinter()) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            ending(json, run);
            for (StandardStream stream : StandardStream.values()) {
                json.writeObjectFieldStart(stream.label());
                size(json, run, stream);
                if (!options.interleaved()) {
                    content(json, () -> output.input(stream));
                }
                json.writeEndObject();
            }
            if (options.interleaved()) {
                interleaved(json, output);
            }
            if (!options.outputFiles().isEmpty()) {
                files(json, output.files());
            }
            omitted(json, output.files().omitted());
            usage(json, run);
            json.writeEndObject();
        }
        to.write('\n');
    }

    /** Writes the fields before the output. */
    static void ending(JsonGenerator json, CompletedRun run) throws IOException {
        json.writeStringField("id", run.id());
        json.writeStringField("outcome", run.outcome().runOutcome().orElseThrow());
        if (run.exitCode().isPresent()) {
            json.writeNumberField("exitCode", run.exitCode().getAsInt());
        }
        if (run.signal().isPresent()) {
            json.writeStringField("signal", Signals.name(run.signal().getAsInt()));
        }
        if (run.message().isPresent()) {
            json.writeStringField("message", run.message().get());
        }
    }

    /** Writes the size of a stream. */
    static void size(JsonGenerator json, CompletedRun run, StandardStream stream) throws IOException {
        json.writeNumberField("bytes", run.bytes(stream));
        json.writeBooleanField("truncated", run.isTruncated(stream));
    }

    /** Writes the fields after the output. */
    static void usage(JsonGenerator json, CompletedRun run) throws IOException {
        RunResult.Facts facts = run.usage();
        json.writeObjectFieldStart("usage");
        json.writeNumberField("wallMillis", millis(facts.wall()));
        json.writeNumberField("userMillis", millis(facts.user()));
        json.writeNumberField("systemMillis", millis(facts.system()));
        json.writeNumberField("peakMemoryBytes", facts.peakMemoryBytes());
        json.writeEndObject();
        json.writeObjectFieldStart("phases");
        for (Phase phase : Phase.values()) {
            json.writeNumberField(phase.label() + "Millis", millis(run.phases().duration(phase)));
        }
        json.writeEndObject();
        if (run.sandbox().isPresent()) {
            sandbox(json, run.sandbox().get());
        }
    }

    static void sandbox(JsonGenerator json, SandboxUse sandbox) throws IOException {
        json.writeObjectFieldStart("sandbox");
        json.writeStringField("name", sandbox.name());
        json.writeStringField("revision", sandbox.revision());
        json.writeNumberField("run", sandbox.run());
        json.writeEndObject();
    }

    /** Returns milliseconds, rounded to a tenth. */
    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1e5) / 10.0;
    }

    private static void interleaved(JsonGenerator json, OutputSpool output) throws IOException {
        json.writeArrayFieldStart("output");
        for (OutputSpool.Piece piece : output.pieces()) {
            json.writeStartObject();
            json.writeStringField("stream", piece.stream().label());
            content(json, () -> output.input(piece));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void files(JsonGenerator json, FileSpool files) throws IOException {
        json.writeArrayFieldStart("files");
        for (FileSpool.SpooledFile file : files.files()) {
            json.writeStartObject();
            json.writeStringField("name", file.name());
            json.writeNumberField("bytes", file.bytes());
            json.writeBooleanField("truncated", file.truncated());
            content(json, () -> files.input(file));
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Writes which files the client does not get, if there are any. */
    static void omitted(JsonGenerator json, List<OmittedFiles> omitted) throws IOException {
        if (omitted.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart("omittedFiles");
        for (OmittedFiles files : omitted) {
            json.writeStartObject();
            json.writeStringField("reason", files.reason());
            if (!files.name().isEmpty()) {
                json.writeStringField("name", files.name());
            } else if (files.count() > 0) {
                json.writeNumberField("count", files.count());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /** Writes a piece of a stream as {@code text} or in {@code base64}. */
    static void content(JsonGenerator json, Utf8.Piece piece) throws IOException {
        if (piece.text().isPresent()) {
            json.writeStringField("text", piece.text().get());
        } else {
            json.writeBinaryField("base64", piece.binary().orElseThrow());
        }
    }

    /** A source that can be read from its beginning more than once. */
    private interface Source {
        InputStream open() throws IOException;
    }

    /** Writes the content as text if it is valid UTF-8, otherwise in base64. */
    private static void content(JsonGenerator json, Source source) throws IOException {
        boolean isText;
        try (InputStream in = source.open()) {
            isText = Utf8.isText(in);
        }
        try (InputStream in = source.open()) {
            if (isText) {
                json.writeFieldName("text");
                json.writeString(new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)), -1);
            } else {
                json.writeFieldName("base64");
                json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, in, -1);
            }
        }
    }
}
