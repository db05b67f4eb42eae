package dev.sandpool.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.LayoutBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/** An object for each record, on a line of its own. Beyond ASCII all is escaped, so no terminal and no encoding changes what it says. */
final class JsonLayout extends LayoutBase<ILoggingEvent> {
    private static final Set<String> OURS = Set.of("time", "level", "logger", "message", "exception");
    private static final JsonFactory JSON =
            JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    @Override
    public String doLayout(ILoggingEvent event) {
        var line = new StringWriter();
        try (var json = JSON.createGenerator(line)) {
            json.writeStartObject();
            json.writeStringField("time", Events.time(event));
            json.writeStringField("level", event.getLevel().toString());
            json.writeStringField("logger", event.getLoggerName());
            json.writeStringField("message", Events.message(event));
            for (var field : fields(Events.fields(event)).entrySet()) {
                json.writeFieldName(field.getKey());
                write(json, field.getValue());
            }
            Optional<String> trace = Events.trace(event);
            if (trace.isPresent()) {
                json.writeStringField("exception", trace.get());
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
            default -> json.writeString(Events.text(value));
        }
    }
}
