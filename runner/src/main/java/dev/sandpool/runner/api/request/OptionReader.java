package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.crds.Durations;
import dev.sandpool.runner.config.Settings;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Creates {@link RunOptions} from JSON. Each error has one answer, with the field, its value and the rule. */
public final class OptionReader {
    // The limit of what fits into one START frame, with room for the rest of it.
    private static final int MOST_WORDS_BYTES = 60 * 1024;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern BYTES = Pattern.compile("([0-9]{1,12})(Ki|Mi|Gi|k|M|G)?");
    private static final Map<String, Long> UNITS =
            Map.of("Ki", 1L << 10, "Mi", 1L << 20, "Gi", 1L << 30, "k", 1000L, "M", 1_000_000L, "G", 1_000_000_000L);
    // A program is interrupted half a second before its time is up.
    private static final Duration SHORTEST_RUN = Duration.ofMillis(600);
    private static final Duration SHORTEST_CPU = Duration.ofMillis(10);
    private static final long LEAST_MEMORY = 1 << 20;

    private final ObjectNode options;
    private final Optional<SandboxLimits> limits;

    private OptionReader(ObjectNode options, Optional<SandboxLimits> limits) {
        this.options = options;
        this.limits = limits;
    }

    /**
     * Reads the options of a request.
     *
     * @param limits the limits of the pool, as far as they are known; an option may not exceed them
     */
    public static RunOptions read(ObjectNode options, Optional<SandboxLimits> limits) throws NoRunException {
        return new OptionReader(options, limits).read();
    }

    private RunOptions read() throws NoRunException {
        for (var field : options.properties()) {
            if (!RunOptions.names().contains(field.getKey())) {
                throw new NoRunException(Problem.badOption(
                        shown(field.getKey()), shown(field.getValue()), "there is no option " + shown(field.getKey())));
            }
        }
        List<String> arguments = texts("arguments");
        Map<String, String> environment = environment();
        long words =
                arguments.stream().mapToLong(argument -> 2L + argument.length()).sum()
                        + environment.entrySet().stream()
                                .mapToLong(variable -> 3L
                                        + variable.getKey().length()
                                        + variable.getValue().length())
                                .sum();
        if (words > MOST_WORDS_BYTES) {
            throw new NoRunException(
                    Problem.tooMuch("arguments and environment", words + " bytes", MOST_WORDS_BYTES + " bytes"));
        }
        return new RunOptions(
                id(),
                arguments,
                environment,
                text("stdin").map(text -> text.getBytes(UTF_8)),
                duration("runTimeout", SHORTEST_RUN, limits.map(SandboxLimits::runTimeout)),
                duration("cpuTime", SHORTEST_CPU, limits.flatMap(SandboxLimits::cpuTime)),
                bytes("memory", LEAST_MEMORY, limits.map(SandboxLimits::memoryBytes)),
                bytes("output", 1, limits.map(SandboxLimits::outputBytes)),
                pids(),
                interleaved(),
                outputFiles());
    }

    private Optional<String> id() throws NoRunException {
        Optional<String> id = text("id");
        if (id.isPresent() && !ID.matcher(id.get()).matches()) {
            throw bad(
                    "id",
                    "must be 1 to 64 letters, digits, dots, underscores and hyphens, and begin with a letter or digit");
        }
        return id;
    }

    private List<String> texts(String field) throws NoRunException {
        JsonNode list = options.get(field);
        if (list == null) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (list.isArray()) {
            for (JsonNode element : list) {
                if (isText(element)) {
                    texts.add(bytesOf(element.textValue()));
                }
            }
        }
        if (!list.isArray() || texts.size() < list.size()) {
            throw bad(field, "must be a list of UTF-8 texts without NUL");
        }
        return texts;
    }

    private Map<String, String> environment() throws NoRunException {
        JsonNode variables = options.get("environment");
        if (variables == null) {
            return Map.of();
        }
        if (!variables.isObject()) {
            throw bad("environment", "must be an object of texts");
        }
        Map<String, String> environment = new TreeMap<>();
        for (var variable : variables.properties()) {
            JsonNode value = variable.getValue();
            if (!VARIABLE.matcher(variable.getKey()).matches()) {
                throw bad(
                        "environment",
                        "has a variable " + shown(variable.getKey())
                                + ", whose name must be letters, digits and underscores, and not begin with a digit");
            }
            if (!isText(value)) {
                throw bad(
                        "environment",
                        "has a variable " + shown(variable.getKey())
                                + ", whose value must be a UTF-8 text without NUL");
            }
            environment.put(variable.getKey(), bytesOf(value.textValue()));
        }
        return environment;
    }

    private Optional<Duration> duration(String field, Duration least, Optional<Duration> most) throws NoRunException {
        Optional<String> text = text(field);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Duration duration;
        try {
            duration = Durations.parse(text.get());
        } catch (IllegalArgumentException e) {
            throw bad(field, "must be a duration such as 500ms, 5s or 2m");
        }
        if (duration.compareTo(least) < 0) {
            throw bad(field, "must be at least " + Settings.words(least));
        }
        if (most.isPresent() && duration.compareTo(most.get()) > 0) {
            throw new NoRunException(Problem.tooMuch(field, text.get(), Settings.words(most.get())));
        }
        return Optional.of(duration);
    }

    private OptionalLong bytes(String field, long least, Optional<Long> most) throws NoRunException {
        JsonNode value = options.get(field);
        if (value == null) {
            return OptionalLong.empty();
        }
        var quantity = BYTES.matcher(value.asText());
        if (!value.isValueNode() || !quantity.matches()) {
            throw bad(field, "must be a number of bytes such as 1048576 or 1Mi");
        }
        long unit = quantity.group(2) == null ? 1 : UNITS.getOrDefault(quantity.group(2), 1L);
        long number = Long.parseLong(quantity.group(1));
        long bytes = number > Long.MAX_VALUE / unit ? Long.MAX_VALUE : number * unit;
        if (bytes < least) {
            throw bad(field, "must be at least " + Settings.words(least));
        }
        if (most.isPresent() && bytes > most.get()) {
            throw new NoRunException(Problem.tooMuch(field, value.asText(), Settings.words(most.get())));
        }
        return OptionalLong.of(bytes);
    }

    private OptionalInt pids() throws NoRunException {
        JsonNode value = options.get("pids");
        if (value == null) {
            return OptionalInt.empty();
        }
        String text = value.asText();
        if (!value.isValueNode() || !text.matches("[0-9]{1,9}") || Integer.parseInt(text) < 1) {
            throw bad("pids", "must be a whole number from 1");
        }
        int pids = Integer.parseInt(text);
        if (limits.isPresent() && pids > limits.get().pids()) {
            throw new NoRunException(
                    Problem.tooMuch("pids", text, Integer.toString(limits.get().pids())));
        }
        return OptionalInt.of(pids);
    }

    private boolean interleaved() throws NoRunException {
        JsonNode value = options.get("interleaved");
        if (value == null || value.asText().equals("false")) {
            return false;
        }
        if (!value.asText().equals("true")) {
            throw bad("interleaved", "must be true or false");
        }
        return true;
    }

    private OutputFiles outputFiles() throws NoRunException {
        JsonNode list = options.get("outputFiles");
        if (list == null) {
            return OutputFiles.NONE;
        }
        List<String> patterns = new ArrayList<>();
        list.forEach(element -> {
            if (isText(element)) {
                patterns.add(element.textValue());
            }
        });
        if (!list.isArray() || patterns.size() < list.size()) {
            throw bad("outputFiles", "must be a list of UTF-8 texts without NUL");
        }
        try {
            return OutputFiles.of(patterns);
        } catch (IllegalArgumentException e) {
            throw bad("outputFiles", "breaks a rule: " + e.getMessage());
        }
    }

    private Optional<String> text(String field) throws NoRunException {
        JsonNode value = options.get(field);
        if (value == null) {
            return Optional.empty();
        }
        if (!value.isTextual() || !Utf8.isWhole(value.textValue())) {
            throw bad(field, "must be a UTF-8 text");
        }
        return Optional.of(value.textValue());
    }

    /**
     * Returns whether a value can be passed to a program: half of a surrogate pair would reach it as another character.
     */
    private static boolean isText(JsonNode value) {
        return value.isTextual() && value.textValue().indexOf(0) < 0 && Utf8.isWhole(value.textValue());
    }

    private NoRunException bad(String field, String rule) {
        return new NoRunException(Problem.badOption(field, shown(options.get(field)), field + " " + rule));
    }

    private static String shown(@Nullable Object value) {
        String text = value instanceof JsonNode node && node.isValueNode() ? node.asText() : String.valueOf(value);
        return Problem.shown(text);
    }

    private static String bytesOf(String text) {
        return new String(text.getBytes(UTF_8), ISO_8859_1);
    }
}
