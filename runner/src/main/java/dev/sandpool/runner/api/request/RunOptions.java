package dev.sandpool.runner.api.request;

import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunRequest;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The options of a run below {@code /v1}, checked. This is their one declaration: each component is an option by the same name. {@link OptionReader}
 * takes no others, {@link RequestDigest} covers all of them, and tests hold the query and {@code openapi.yaml} to them.
 *
 * @param id chosen by the client; then the same request again has the same answer
 * @param arguments one character per byte, as {@link RunRequest} wants them; so are the variables of the environment
 * @param stdin the whole standard input, where the request has no part for it
 * @param memory in bytes
 * @param output bytes of each of the two output streams
 * @param interleaved whether a JSON answer tells the order of the output
 */
public record RunOptions(
        Optional<String> id,
        List<String> arguments,
        Map<String, String> environment,
        Optional<byte[]> stdin,
        Optional<Duration> runTimeout,
        Optional<Duration> cpuTime,
        OptionalLong memory,
        OptionalLong output,
        OptionalInt pids,
        boolean interleaved) {
    /** Of each option, by its name. */
    private static final Map<String, Class<?>> TYPES = Stream.of(RunOptions.class.getRecordComponents())
            .collect(Collectors.toUnmodifiableMap(RecordComponent::getName, RecordComponent::getType));

    public static Set<String> names() {
        return TYPES.keySet();
    }

    /** Whether a query says it once for each of its elements. */
    static boolean isList(String option) {
        return TYPES.get(option) == List.class;
    }

    /** Whether a query says it once for each of its elements, as NAME=value. */
    static boolean isMap(String option) {
        return TYPES.get(option) == Map.class;
    }

    /** The limits that are narrower than the pool's. */
    public AskedLimits asked() {
        return new AskedLimits(runTimeout, cpuTime, memory, output, pids);
    }

    /** A run of that with these options. */
    public RunRequest request(RunInput input) {
        return new RunRequest(arguments, environment, asked(), input);
    }

    RunOptions withArguments(List<String> others) {
        return new RunOptions(id, others, environment, stdin, runTimeout, cpuTime, memory, output, pids, interleaved);
    }

    /** All but the id, as a list of words that is the same for the same options, and for no others. */
    List<String> words() {
        var words = new ArrayList<String>();
        for (RecordComponent option : RunOptions.class.getRecordComponents()) {
            if (!option.getName().equals("id")) {
                words.add(option.getName());
                add(valueOf(option), words);
            }
        }
        return words;
    }

    private @Nullable Object valueOf(RecordComponent option) {
        try {
            return option.getAccessor().invoke(this);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("an option cannot be read: " + option, e);
        }
    }

    /** Lists with their sizes, so that no two options look alike. */
    private static void add(@Nullable Object value, List<String> words) {
        switch (value) {
            case List<?> list -> {
                words.add(Integer.toString(list.size()));
                list.forEach(element -> add(element, words));
            }
            case Map<?, ?> map -> {
                words.add(Integer.toString(map.size()));
                new TreeMap<>(map).forEach((name, content) -> {
                    add(name, words);
                    add(content, words);
                });
            }
            case Optional<?> optional
            when optional.isPresent() -> {
                words.add("present");
                add(optional.get(), words);
            }
            case byte[] bytes -> words.add(HexFormat.of().formatHex(bytes));
            case null, default -> words.add(String.valueOf(value));
        }
    }
}
