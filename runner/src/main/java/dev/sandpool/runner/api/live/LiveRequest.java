package dev.sandpool.runner.api.live;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.api.IdempotentRun;
import dev.sandpool.runner.api.request.OptionReader;
import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.RunSource;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.run.UploadStoppedException;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The options of the first message, and the channels for the rest. */
final class LiveRequest implements RunSource, RunInput {
    private final ObjectNode options;
    private final ActiveRun run;
    private final LiveClient client;
    private @Nullable Upload upload;
    private Optional<byte[]> standardInput = Optional.empty();

    LiveRequest(ObjectNode options, ActiveRun run, LiveClient client) {
        this.options = options;
        this.run = run;
        this.client = client;
    }

    @Override
    public long mostBytes(SandboxLimits limits) {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean mayTrickle() {
        return true;
    }

    @Override
    public ProgramRequest read(Upload from, Optional<SandboxLimits> limits) throws NoRunException {
        RunOptions read = OptionReader.read(options, limits);
        if (upload == null && read.id().isPresent()) {
            name(read.id().get());
        }
        upload = from;
        standardInput = read.stdin();
        return read.request(this);
    }

    /** Refuses an id that was used before, because no answer of a live run is cached. */
    private void name(String id) throws NoRunException {
        if (run.name(id).isPresent()) {
            throw new NoRunException(IdempotentRun.inUse(id));
        }
    }

    @Override
    public @Nullable WorkingFile nextFile() {
        return null;
    }

    @Override
    public InputStream program() {
        if (upload == null) {
            throw new IllegalStateException("not read yet");
        }
        return upload;
    }

    @Override
    public boolean mayHaveStandardInput() {
        return true;
    }

    @Override
    public InputStream standardInput() {
        return standardInput.<InputStream>map(ByteArrayInputStream::new).orElseGet(client::standardInput);
    }

    @Override
    public void stop() {
        client.standardInput().fail(new UploadStoppedException("the program has ended"));
    }
}
