package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.run.OutputSpool;
import dev.sandpool.runner.run.RunFacts;
import dev.sandpool.runner.sandbox.Stream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The answer of {@code POST /v1/runs} as one JSON object; the output goes from the spool to the client and is never in memory whole. */
final class RunJson {
    private static final JsonFactory JSON = new JsonFactory();

    private RunJson() {}

    static void write(RunFacts facts, OutputSpool output, boolean interleaved, OutputStream to) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(to).useDefaultPrettyPrinter()) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            facts.writeEnding(json);
            for (Stream stream : Stream.values()) {
                json.writeObjectFieldStart(stream.label());
                json.writeNumberField("bytes", output.bytes(stream));
                json.writeBooleanField("truncated", facts.isCutOff(output.bytes(stream)));
                if (!interleaved) {
                    content(json, () -> output.input(stream));
                }
                json.writeEndObject();
            }
            if (interleaved) {
                interleaved(json, output);
            }
            facts.writeUsage(json);
            json.writeEndObject();
        }
        to.write('\n');
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

    /** Something that can be read from its beginning more than once. */
    private interface Source {
        InputStream open() throws IOException;
    }

    /** As text where it is some, else in base64. */
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
