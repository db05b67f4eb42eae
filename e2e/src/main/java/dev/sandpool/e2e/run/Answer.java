package dev.sandpool.e2e.run;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/**
 * An answer to {@code POST /run}: its status and body, and the fields of its JSON if it has any.
 *
 * @param retryAfter the header; empty if there is none
 */
public record Answer(
        int status, String retryAfter, String body, int exitCode, String error, String stdout, String stderr) {
    // A program may print 100 MiB, which is a third more in base64; Jackson's own limit is 20 MB.
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(300 << 20)
                            .build())
                    .build())
            .build();

    public static Answer of(HttpResponse<byte[]> response) {
        String body = new String(response.body(), StandardCharsets.UTF_8);
        String retryAfter = response.headers().firstValue("Retry-After").orElse("");
        if (response.statusCode() != 200) {
            return new Answer(response.statusCode(), retryAfter, body, -1, "", "", "");
        }
        try {
            JsonNode json = JSON.readTree(response.body());
            return new Answer(
                    200,
                    retryAfter,
                    body,
                    json.get("exitCode").asInt(),
                    json.path("error").asText(""),
                    new String(json.get("stdout").binaryValue(), StandardCharsets.UTF_8),
                    new String(json.get("stderr").binaryValue(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(body, e);
        }
    }

    /**
     * Whether the run's time was up. Then the answer has what was printed, and {@code stderr} ends with these words. If the sandbox does not
     * say so in the quarter of a second that it has for it, which may happen on a busy machine, the words are the error, without output.
     */
    public boolean isTimedOut() {
        return stderr.endsWith("timeout running program\n") || error.equals("timeout running program");
    }

    /** Short, for an assertion's message: a flood need not be printed. */
    @Override
    public String toString() {
        return "Answer[" + status + " exit=" + exitCode + " error=" + error + " stdout=" + start(stdout) + " stderr="
                + start(stderr) + (status == 200 ? "" : " body=" + start(body)) + "]";
    }

    private static String start(String text) {
        return text.length() <= 300 ? text : text.substring(0, 300) + "…(" + text.length() + ")";
    }
}
