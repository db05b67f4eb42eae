package dev.sandpool.runner.api.request;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.run.BadInputException;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.OptionMemory;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A request as {@code multipart/form-data}, read as it arrives: {@code options}, then any number of {@code file}, then
 * {@code program}, then {@code stdin}. With another order, a part would have to be held whole. A program is complete
 * only when the part after it is known, so that a part which must not follow is refused before the program runs.
 */
public final class MultipartRequest implements RunInput {
    public static final int MOST_OPTION_BYTES = 64 * 1024;

    private static final int MOST_FILES = 1024;
    // Includes what may come before the first part, the headers of two parts, and what the parser reads ahead.
    private static final int MOST_PREAMBLE_BYTES = 64 * 1024;

    private final Upload upload;
    private final FormParts parts;
    private final Set<String> files = new HashSet<>();
    private final Set<String> folders = new HashSet<>();
    private Optional<byte[]> standardInput = Optional.empty();
    private @Nullable FormPart next;

    private MultipartRequest(Upload upload, String contentType) throws IOException {
        this.upload = upload;
        this.parts = new FormParts(upload, contentType);
    }

    static MultipartRequest begin(Upload upload, String contentType) throws IOException {
        upload.mustBeShort(MOST_PREAMBLE_BYTES + MOST_OPTION_BYTES);
        var form = new MultipartRequest(upload, contentType);
        form.advance();
        return form;
    }

    /** Reads the part named {@code options} if the form begins with it; otherwise returns an empty object. */
    ObjectNode options(ObjectMapper json, OptionMemory memory) throws IOException, NoRunException {
        ObjectNode options = json.createObjectNode();
        FormPart part = next;
        if (part != null && part.name().equals("options")) {
            byte[] text = optionText(part);
            memory.take(text);
            options = object(json, text);
            advance();
        }
        upload.mayBeLong();
        if (next != null && isNext("file")) {
            filePath(next);
            isExecutable(next);
        } else {
            programPart();
        }
        return options;
    }

    private byte[] optionText(FormPart part) throws IOException {
        try (InputStream content = part.content()) {
            byte[] text = content.readNBytes(MOST_OPTION_BYTES + 1);
            if (text.length > MOST_OPTION_BYTES) {
                throw bad("the part options is larger than " + MOST_OPTION_BYTES + " bytes");
            }
            return text;
        }
    }

    public static ObjectNode object(ObjectMapper json, byte[] text) throws IOException {
        JsonNode options;
        try {
            options = json.readerFor(JsonNode.class)
                    .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .with(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .readValue(text);
        } catch (IOException e) {
            throw bad("the options are not JSON, or one is said twice");
        }
        if (!(options instanceof ObjectNode object)) {
            throw bad("the options are not a JSON object");
        }
        return object;
    }

    /** Sets the standard input, if the options contain it instead of a part. */
    MultipartRequest withStandardInput(Optional<byte[]> text) {
        standardInput = text;
        return this;
    }

    @Override
    public @Nullable WorkingFile nextFile() throws IOException {
        if (!files.isEmpty()) {
            advance();
        }
        FormPart part = next;
        if (part == null || !isNext("file")) {
            return null;
        }
        if (files.size() == MOST_FILES) {
            throw bad("there are more than " + MOST_FILES + " files");
        }
        String path = filePath(part);
        var file = new WorkingFile(path, isExecutable(part), part.content());
        register(path);
        return file;
    }

    private static String filePath(FormPart part) throws IOException {
        String path = part.fileName();
        if (path == null) {
            throw bad("a part file has no filename");
        }
        try {
            var _ = new WorkingFile(path, false, InputStream.nullInputStream());
            return path;
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isExecutable(FormPart part) throws IOException {
        String mode = part.headers().get(FormPart.MODE);
        return switch (mode) {
            case null -> false;
            case "644" -> false;
            case "755" -> true;
            default -> throw bad("Sandpool-Mode of a file must be 644 or 755");
        };
    }

    /** Refuses a path that occurred before, and one that treats a file as a folder. */
    private void register(String path) throws IOException {
        boolean isNew = !folders.contains(path) && files.add(path);
        for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            String folder = path.substring(0, slash);
            isNew &= !files.contains(folder);
            folders.add(folder);
        }
        if (!isNew) {
            throw bad("the file " + path + " is there twice, or a file and a folder");
        }
    }

    @Override
    public InputStream program() throws IOException {
        return new Ending(programPart().content(), this::endProgram);
    }

    private FormPart programPart() throws IOException {
        FormPart part = next;
        if (part == null) {
            throw bad("there is no part program");
        }
        if (!part.name().equals("program")) {
            throw outOfOrder(part);
        }
        return part;
    }

    /** Checks that only the standard input follows. */
    private void endProgram() throws IOException {
        advance();
        if (next != null && !isNext("stdin")) {
            throw outOfOrder(next);
        }
        if (next != null && standardInput.isPresent()) {
            throw bad("stdin is said in the options and in a part");
        }
    }

    @Override
    public boolean mayHaveStandardInput() {
        return true;
    }

    /** The end of this stream implies the end of the form, so reading it to its end proves that the form was valid. */
    @Override
    public InputStream standardInput() throws IOException {
        FormPart part = next;
        return part == null
                ? new ByteArrayInputStream(standardInput.orElse(new byte[0]))
                : new Ending(part.content(), this::endForm);
    }

    private void endForm() throws IOException {
        advance();
        if (next != null) {
            throw outOfOrder(next);
        }
    }

    @Override
    public void stop() {
        upload.stop();
    }

    private void advance() throws IOException {
        next = parts.next();
    }

    private boolean isNext(String name) {
        return next != null && next.name().equals(name);
    }

    private static BadInputException outOfOrder(FormPart part) {
        return bad("the part " + Problem.shown(part.name())
                + " is unknown or out of order: options, then file, then program, then stdin");
    }

    private static BadInputException bad(String detail) {
        return new BadInputException(Problem.badRequest(detail));
    }

    private interface Check {
        void run() throws IOException;
    }

    /** A stream that runs a check once, before it reports its end. */
    private static final class Ending extends FilterInputStream {
        private final Check check;
        private boolean checked;

        Ending(InputStream in, Check check) {
            super(in);
            this.check = check;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = checked ? -1 : super.read(into, offset, length);
            if (read < 0 && !checked) {
                checked = true;
                check.run();
            }
            return read;
        }
    }
}
