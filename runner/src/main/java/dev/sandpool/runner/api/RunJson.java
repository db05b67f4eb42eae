package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.run.OrderedOutput;
import dev.sandpool.runner.run.RunFacts;
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

    static void write(RunFacts facts, OrderedOutput output, boolean interleaved, OutputStream to) throws IOException {
        try (JsonGenerator json = JSON.createGenerator(to).useDefaultPrettyPrinter()) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            facts.writeEnding(json);
            for (boolean stdout : new boolean[] {true, false}) {
                json.writeObjectFieldStart(name(stdout));
                json.writeNumberField("bytes", output.bytes(stdout));
                json.writeBooleanField("truncated", facts.isCutOff(output.bytes(stdout)));
                if (!interleaved) {
                    content(json, () -> output.input(stdout));
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

    static String name(boolean stdout) {
        return stdout ? "stdout" : "stderr";
    }

    private static void interleaved(JsonGenerator json, OrderedOutput output) throws IOException {
        json.writeArrayFieldStart("output");
        long[] read = new long[2];
        for (OrderedOutput.Piece piece : output.pieces()) {
            int index = piece.stdout() ? 0 : 1;
            long from = read[index];
            read[index] += piece.bytes();
            json.writeStartObject();
            json.writeStringField("stream", name(piece.stdout()));
            content(json, () -> output.input(piece.stdout(), from, piece.bytes()));
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
