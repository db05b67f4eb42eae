package dev.sandpool.runner.api.request;

import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
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
 * The checked options of a run below {@code /v1}. This is their only declaration: each component is an option of the
 * same name. {@link OptionReader} accepts no others, {@link RequestDigest} covers all of them, and tests compare the
 * query and {@code openapi.yaml} with them.
 *
 * @param id chosen by the client; then the same request gets the same answer again
 * @param arguments one character per byte, as in {@link ProgramRequest}; the same holds for environment variables
 * @param stdin the whole standard input, if the request has no part for it
 * @param memory in bytes
 * @param output the limit of each of the two output streams, in bytes
 * @param interleaved whether a JSON answer has the order of the output
 * @param outputFiles names and patterns of files that the answer has, relative to the program's folder
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
        boolean interleaved,
        OutputFiles outputFiles) {
    /** The type of each option, by its name. */
    private static final Map<String, Class<?>> TYPES = Stream.of(RunOptions.class.getRecordComponents())
            .collect(Collectors.toUnmodifiableMap(RecordComponent::getName, RecordComponent::getType));

    public static Set<String> names() {
        return TYPES.keySet();
    }

    /** Returns whether a query repeats the option for each element. */
    static boolean isList(String option) {
        return TYPES.get(option) == List.class || TYPES.get(option) == OutputFiles.class;
    }

    /** Returns whether a query repeats the option for each entry, as NAME=value. */
    static boolean isMap(String option) {
        return TYPES.get(option) == Map.class;
    }

    /** Returns the limits that are narrower than the pool's. */
    public AskedLimits asked() {
        return new AskedLimits(runTimeout, cpuTime, memory, output, pids);
    }

    /** Creates a request for a run of the input with these options. */
    public ProgramRequest request(RunInput input) {
        return new ProgramRequest(arguments, environment, asked(), input).with(outputFiles);
    }

    RunOptions withArguments(List<String> others) {
        return new RunOptions(
                id, others, environment, stdin, runTimeout, cpuTime, memory, output, pids, interleaved, outputFiles);
    }

    /** Returns all options but the id as a list of words. Two lists are equal only if the options are. */
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

    /** Adds lists with their sizes, so that no two options have the same encoding. */
    private static void add(@Nullable Object value, List<String> words) {
        switch (value) {
            case List<?> list -> {
                words.add(Integer.toString(list.size()));
                list.forEach(element -> add(element, words));
            }
            case OutputFiles files -> add(files.patterns(), words);
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
