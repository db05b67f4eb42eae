package dev.sandpool.log;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.event.KeyValuePair;

/** A log record that knows its fields. Its message names them too, for whoever does not. */
final class EventRecord extends LogRecord {
    private static final long serialVersionUID = 1;

    private final transient String words;
    private final transient List<KeyValuePair> fields;

    EventRecord(Level level, String words, List<KeyValuePair> fields) {
        super(level, text(words, fields));
        this.words = words;
        this.fields = List.copyOf(fields);
    }

    /** The message alone. */
    String words() {
        return words;
    }

    List<KeyValuePair> fields() {
        return fields;
    }

    private static String text(String words, List<KeyValuePair> fields) {
        return Stream.concat(
                        fields.stream().map(field -> field.key + "=" + PlainText.value(field.value)), Stream.of(words))
                .collect(Collectors.joining(" "));
    }
}
