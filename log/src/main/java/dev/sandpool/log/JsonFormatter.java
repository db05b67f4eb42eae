package dev.sandpool.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/** An object for each log record, on a line of its own. Beyond ASCII all is escaped, so no terminal and no encoding changes what it says. */
final class JsonFormatter extends Formatter {
    private static final Set<String> OURS = Set.of("time", "level", "logger", "message", "exception");
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    @Override
    public String format(LogRecord event) {
        var line = new StringWriter();
        try (var json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField(
                    "time", event.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
            json.writeStringField("level", level(event.getLevel()));
            json.writeStringField("logger", event.getLoggerName());
            json.writeStringField("message", event instanceof EventRecord own ? own.words() : formatMessage(event));
            for (var field : fields(event instanceof EventRecord own ? own.fields() : List.of())
                    .entrySet()) {
                json.writeFieldName(field.getKey());
                write(json, field.getValue());
            }
            if (event.getThrown() != null) {
                json.writeStringField("exception", trace(event.getThrown()));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a StringWriter does not
        }
        return line.append('\n').toString();
    }

    /** Each name once: the last value counts, and a field does not pass for the record's own. */
    private static Map<String, @Nullable Object> fields(List<KeyValuePair> pairs) {
        var fields = new LinkedHashMap<String, @Nullable Object>();
        pairs.forEach(pair -> fields.put(OURS.contains(pair.key) ? pair.key + "_" : pair.key, pair.value));
        return fields;
    }

    private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case Boolean truth -> json.writeBoolean(truth);
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            default -> json.writeString(value.toString());
        }
    }

    /** In the words that collectors of logs know. */
    private static String level(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "WARN";
        }
        return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
    }

    private static String trace(Throwable thrown) {
        var trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace, true));
        return trace.toString();
    }
}
