package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.run.BadInputException;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.OptionMemory;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunSource;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A request to {@code /v1/runs}: its options, wherever they are, and the program. */
public final class V1Request implements RunSource {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Head head;
    private final Naming naming;
    private final Supplier<OptionMemory> memory;
    private @Nullable RunOptions options;

    /**
     * The relevant headers of the request, and its query.
     *
     * @param query as received
     * @param optionHeaders JSON, one character per byte
     * @param argumentHeaders one character per byte
     */
    public record Head(String contentType, String query, List<String> optionHeaders, List<String> argumentHeaders) {
        boolean isForm() {
            return contentType.regionMatches(true, 0, "multipart/form-data", 0, "multipart/form-data".length());
        }
    }

    /** Decides what happens to a run when its options, and with them its id, are known. */
    public interface Naming {
        /**
         * Receives the options. Called again, with the same, if the run has to begin anew.
         *
         * @return the input to read instead
         * @throws NoRunException if the request is not to be run
         */
        RunInput named(RunOptions options, RunInput input, Optional<SandboxLimits> limits)
                throws IOException, NoRunException;

        /** See {@link RunSource#admitted}. */
        void admitted() throws IOException, NoRunException;
    }

    /** @param memory the budget that counts the options; available once the caller is known */
    public V1Request(Head head, Naming naming, Supplier<OptionMemory> memory) {
        this.head = head;
        this.naming = naming;
        this.memory = memory;
    }

    /** Returns the options, which must have been read. */
    public RunOptions options() {
        return Objects.requireNonNull(options, "the options have not been read");
    }

    @Override
    public long mostBytes(SandboxLimits limits) {
        // A form may continue with standard input of unknown size.
        return head.isForm() ? Long.MAX_VALUE : limits.binaryBytes();
    }

    @Override
    public boolean mayTrickle() {
        return head.isForm();
    }

    @Override
    public ProgramRequest read(Upload upload, Optional<SandboxLimits> limits) throws IOException, NoRunException {
        OptionMemory taken = memory.get();
        taken.close(); // releases what an earlier try took, if the run begins anew
        ObjectNode all = JSON.createObjectNode();
        try {
            for (String header : head.optionHeaders()) {
                byte[] text = header.getBytes(ISO_8859_1);
                taken.take(text);
                add(all, MultipartRequest.object(JSON, text));
            }
            taken.take(head.query().getBytes(ISO_8859_1));
            add(all, fromQuery(head.query()));
            if (!head.isForm()) {
                return request(all, limits, read -> new Plain(upload, read.stdin()));
            }
            MultipartRequest form = MultipartRequest.begin(upload, head.contentType());
            add(all, form.options(JSON, taken));
            return request(all, limits, read -> form.withStandardInput(read.stdin()));
        } catch (BadInputException e) {
            throw new NoRunException(e.problem());
        }
    }

    @Override
    public void admitted() throws IOException, NoRunException {
        try {
            naming.admitted();
        } catch (BadInputException e) {
            throw new NoRunException(e.problem());
        }
    }

    private ProgramRequest request(ObjectNode all, Optional<SandboxLimits> limits, Function<RunOptions, RunInput> input)
            throws IOException, NoRunException {
        RunOptions read = OptionReader.read(all, limits);
        if (!head.argumentHeaders().isEmpty()) {
            if (!read.arguments().isEmpty()) {
                throw twice("arguments");
            }
            read = read.withArguments(head.argumentHeaders());
        }
        options = read;
        return read.request(naming.named(read, input.apply(read), limits));
    }

    /** Returns the options of a query in the form that they have in JSON. */
    static ObjectNode fromQuery(String query) throws NoRunException {
        ObjectNode options = JSON.createObjectNode();
        for (var parameter : Query.parse(query).entrySet()) {
            String name = parameter.getKey();
            List<String> values = parameter.getValue();
            if (RunOptions.isList(name)) {
                values.forEach(options.withArray(name)::add);
            } else if (RunOptions.isMap(name)) {
                for (String variable : values) {
                    int equals = variable.indexOf('=');
                    if (equals < 0) {
                        throw new NoRunException(Problem.badOption(name, variable, name + " must be NAME=value"));
                    }
                    options.withObjectProperty(name).put(variable.substring(0, equals), variable.substring(equals + 1));
                }
            } else if (values.size() == 1) {
                options.put(name, values.getFirst());
            } else {
                throw twice(name);
            }
        }
        return options;
    }

    private static void add(ObjectNode all, ObjectNode more) throws NoRunException {
        for (var option : more.properties()) {
            if (all.has(option.getKey())) {
                throw twice(option.getKey());
            }
            all.set(option.getKey(), option.getValue());
        }
    }

    private static NoRunException twice(String option) {
        return new NoRunException(
                Problem.badOption(option, "", Problem.shown(option) + " is said twice: once is enough, in one place"));
    }

    /** A request whose body is the program. */
    private record Plain(Upload upload, Optional<byte[]> text) implements RunInput {
        @Override
        public @Nullable WorkingFile nextFile() {
            return null;
        }

        @Override
        public InputStream program() {
            return upload;
        }

        @Override
        public boolean mayHaveStandardInput() {
            return text.isPresent();
        }

        @Override
        public InputStream standardInput() {
            return new ByteArrayInputStream(text.orElse(new byte[0]));
        }

        @Override
        public void stop() {
            // No thread waits for the client any more: the program has come.
        }
    }
}
