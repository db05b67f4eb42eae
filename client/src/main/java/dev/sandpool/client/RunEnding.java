package dev.sandpool.client;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a program ended.
 *
 * @param id of the run
 * @param exitCode of a program that exited
 * @param signal such as {@code SIGSEGV}, of one that was killed
 * @param message why it did not start, or what became of its sandbox
 * @param omittedFiles files that the request asked for and that did not come
 */
public record RunEnding(
        String id,
        Outcome outcome,
        OptionalInt exitCode,
        Optional<String> signal,
        Optional<String> message,
        List<OmittedFiles> omittedFiles) {
    public RunEnding {
        omittedFiles = List.copyOf(omittedFiles);
    }

    /**
     * One file, or a number of them, that did not come.
     *
     * @param reason such as {@code too-large}: see docs/api.md
     * @param name of one file
     * @param count of files without a name
     */
    public record OmittedFiles(String reason, Optional<String> name, OptionalInt count) {
        private static OmittedFiles of(Json entry) {
            return new OmittedFiles(entry.text("reason").orElse(""), entry.text("name"), entry.integer("count"));
        }
    }

    /** The outcomes of docs/api.md. */
    public enum Outcome {
        EXITED,
        SIGNALLED,
        TIMED_OUT,
        CPU_TIME_EXCEEDED,
        OUT_OF_MEMORY,
        OUTPUT_TOO_LARGE,
        FAILED_TO_START,
        SANDBOX_LOST,
        /** One that this client does not know. */
        OTHER;

        private static Outcome of(String name) {
            String constant = name.toUpperCase(Locale.ROOT).replace('-', '_');
            return Arrays.stream(values())
                    .filter(outcome -> outcome.name().equals(constant))
                    .findFirst()
                    .orElse(OTHER);
        }
    }

    static RunEnding of(Json event) {
        return new RunEnding(
                event.text("id").orElse(""),
                Outcome.of(event.text("outcome").orElse("")),
                event.integer("exitCode"),
                event.text("signal"),
                event.text("message"),
                event.items("omittedFiles").stream().map(OmittedFiles::of).toList());
    }

    /** Whether the program exited by itself with code 0. */
    public boolean isSuccess() {
        return outcome == Outcome.EXITED && exitCode.equals(OptionalInt.of(0));
    }
}
