package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.sandbox.FileSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Sends each file of a run as one or more events, the last of which says so. */
final class FileEvents implements FileSink {
    private static final byte[] NOTHING = {};

    private final RunEvents.Sender events;
    private final List<OmittedFiles> omitted = new ArrayList<>();
    private String name = "";
    private Utf8 text = new Utf8();
    // The newest piece: whether it is the last one is known when the next frame has come.
    private byte[] held = NOTHING;

    FileEvents(RunEvents.Sender events) {
        this.events = events;
    }

    @Override
    public boolean mayWaitForClient() {
        return true;
    }

    @Override
    public void begin(String next) {
        name = next;
        text = new Utf8();
        held = NOTHING;
    }

    @Override
    public void write(byte[] from, int offset, int length) {
        if (held.length > 0) {
            byte[] piece = held;
            Optional<String> decoded = text.decode(piece);
            if (decoded.isPresent()) {
                send(json -> json.writeStringField("text", decoded.get()), false, false);
            } else {
                byte[] all = text.take(piece);
                send(json -> json.writeBinaryField("base64", all), false, false);
            }
        }
        held = Arrays.copyOfRange(from, offset, offset + length);
    }

    @Override
    public void end(boolean truncated) {
        byte[] all = text.take(held);
        held = NOTHING;
        Optional<String> decoded = Utf8.strict(all);
        if (decoded.isPresent()) {
            send(json -> json.writeStringField("text", decoded.get()), true, truncated);
        } else {
            send(json -> json.writeBinaryField("base64", all), true, truncated);
        }
    }

    private void send(RunEvents.Fields content, boolean last, boolean truncated) {
        events.send("file", json -> {
            json.writeStringField("name", name);
            content.write(json);
            json.writeBooleanField("last", last);
            if (truncated) {
                json.writeBooleanField("truncated", true);
            }
        });
    }

    @Override
    public void omitted(OmittedFiles files) {
        omitted.add(files);
    }

    /** Returns what was left out, for the last event. */
    List<OmittedFiles> omitted() {
        return Collections.unmodifiableList(omitted);
    }
}
