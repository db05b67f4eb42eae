package dev.sandpool.runner;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.fileupload.FileItemIterator;
import org.apache.commons.fileupload.FileItemStream;
import org.apache.commons.fileupload.FileUpload;
import org.apache.commons.fileupload.FileUploadException;
import org.apache.commons.fileupload.RequestContext;
import org.jspecify.annotations.Nullable;

/**
 * A request as {@code multipart/form-data}, read as it comes: {@code options}, then any number of {@code file}, then {@code program}, then
 * {@code stdin}. In another order something would have to be held whole.
 */
final class RunForm implements RunInput {
    static final int MOST_OPTION_BYTES = 64 * 1024;

    private static final String MODE = "Sandpool-Mode";
    private static final int MOST_FILES = 1024;
    private static final int MOST_PARTS = MOST_FILES + 3;
    private static final int MOST_PART_HEADER_BYTES = 4096;
    // What may stand before the first part, and with it two parts' headers and what the parser reads ahead.
    private static final int MOST_PREAMBLE_BYTES = 64 * 1024;

    private final Upload upload;
    private final FileItemIterator parts;
    private final Set<String> files = new HashSet<>();
    private final Set<String> folders = new HashSet<>();
    private Optional<byte[]> standardInput = Optional.empty();
    private @Nullable FileItemStream next;

    private RunForm(Upload upload, String contentType) throws IOException {
        this.upload = upload;
        var form = new FileUpload();
        form.setFileCountMax(MOST_PARTS);
        form.setPartHeaderSizeMax(MOST_PART_HEADER_BYTES);
        form.setHeaderEncoding("UTF-8");
        try {
            this.parts = form.getItemIterator(new Body(contentType, upload));
        } catch (FileUploadException e) {
            throw malformed(e);
        }
    }

    static RunForm begin(Upload upload, String contentType) throws IOException {
        upload.mustBeShort(MOST_PREAMBLE_BYTES + MOST_OPTION_BYTES);
        var form = new RunForm(upload, contentType);
        form.advance();
        return form;
    }

    /** The part named {@code options}, if the form begins with it; an empty object if not. */
    ObjectNode options(ObjectMapper json) throws IOException {
        FileItemStream part = next;
        if (part == null || !part.getFieldName().equals("options")) {
            upload.mayBeLong();
            return json.createObjectNode();
        }
        byte[] text;
        try (InputStream content = part.openStream()) {
            text = content.readNBytes(MOST_OPTION_BYTES + 1);
            if (text.length > MOST_OPTION_BYTES) {
                throw bad("the part options is larger than " + MOST_OPTION_BYTES + " bytes");
            }
        }
        advance();
        upload.mayBeLong();
        return object(json, text);
    }

    static ObjectNode object(ObjectMapper json, byte[] text) throws IOException {
        JsonNode options;
        try {
            options = json.readTree(text);
        } catch (IOException e) {
            throw bad("the options are not JSON");
        }
        if (!(options instanceof ObjectNode object)) {
            throw bad("the options are not a JSON object");
        }
        return object;
    }

    /** Was said in the options instead of in a part. */
    RunForm withStandardInput(Optional<byte[]> text) {
        standardInput = text;
        return this;
    }

    @Override
    public @Nullable WorkingFile nextFile() throws IOException {
        if (!files.isEmpty()) {
            advance();
        }
        FileItemStream part = next;
        if (part == null || !part.getFieldName().equals("file")) {
            return null;
        }
        String path = part.getName();
        if (path == null) {
            throw bad("a part file has no filename");
        }
        if (files.size() == MOST_FILES) {
            throw bad("there are more than " + MOST_FILES + " files");
        }
        WorkingFile file;
        try {
            file = new WorkingFile(path, isExecutable(part), part.openStream());
        } catch (IllegalArgumentException e) {
            throw bad(String.valueOf(e.getMessage()));
        }
        register(path);
        return file;
    }

    private static boolean isExecutable(FileItemStream part) throws IOException {
        String mode = part.getHeaders() == null ? null : part.getHeaders().getHeader(MODE);
        return switch (mode) {
            case null -> false;
            case "644" -> false;
            case "755" -> true;
            default -> throw bad(MODE + " of a file must be 644 or 755");
        };
    }

    /** No path twice, and none through what is a file. */
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
        FileItemStream part = next;
        if (part == null) {
            throw bad("there is no part program");
        }
        if (!part.getFieldName().equals("program")) {
            throw outOfOrder(part);
        }
        return part.openStream();
    }

    @Override
    public boolean mayHaveStandardInput() {
        return true;
    }

    @Override
    public InputStream standardInput() throws IOException {
        advance();
        FileItemStream part = next;
        if (part == null) {
            return new ByteArrayInputStream(standardInput.orElse(new byte[0]));
        }
        if (!part.getFieldName().equals("stdin")) {
            throw outOfOrder(part);
        }
        if (standardInput.isPresent()) {
            throw bad("stdin is said in the options and in a part");
        }
        return part.openStream();
    }

    @Override
    public void stop() {
        upload.stop();
    }

    private void advance() throws IOException {
        try {
            next = parts.hasNext() ? parts.next() : null;
        } catch (FileUploadException e) {
            throw malformed(e);
        }
    }

    private static BadInputException outOfOrder(FileItemStream part) {
        return bad("the part " + part.getFieldName()
                + " is unknown or out of order: options, then file, then program, then stdin");
    }

    private static IOException malformed(FileUploadException e) {
        return e.getCause() instanceof IOException broken && !(broken instanceof EOFException)
                ? broken
                : bad("the form is malformed: " + e.getMessage());
    }

    private static BadInputException bad(String detail) {
        return new BadInputException(Problem.badRequest(detail));
    }

    /** What the parser wants to know of a request. */
    private record Body(String contentType, InputStream stream) implements RequestContext {
        @Override
        public String getCharacterEncoding() {
            return "UTF-8";
        }

        @Override
        public String getContentType() {
            return contentType;
        }

        @Override
        @Deprecated
        @SuppressWarnings("InlineMeSuggester") // the interface's, not ours
        public int getContentLength() {
            return -1;
        }

        @Override
        public InputStream getInputStream() {
            return stream;
        }
    }
}
