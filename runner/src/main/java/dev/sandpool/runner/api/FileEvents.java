package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.sandbox.FileSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

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
            send(text.next(held), false, false);
        }
        held = Arrays.copyOfRange(from, offset, offset + length);
    }

    @Override
    public void end(boolean truncated) {
        send(text.last(held), true, truncated);
        held = NOTHING;
    }

    private void send(Utf8.Piece content, boolean last, boolean truncated) {
        events.send("file", json -> {
            json.writeStringField("name", name);
            RunJson.content(json, content);
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
