package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one run.
 *
 * @param memory The memory of a program and its children. The file of the program does not count.
 * @param cpu The CPU limit of a sandbox.
 * @param cpuTime The CPU time of a program and its children together. If not set, only runTimeout and cpu bound it.
 * @param pids The number of processes and threads of a program.
 * @param binary The size of a program. A larger one is answered with 413.
 * @param files The total size of the working files that a caller sends with a program, and of the files that come back with its answer.
 * @param output The size of each of the two output streams. A program that prints more is ended. POST /run does not
 *     send its output; /v1 sends it up to the limit.
 * @param runTimeout The time of a run, from the claim of a sandbox to the answer, including the upload. The program is interrupted half a
 *     second before it, and killed a quarter of a second later.
 * @param startTimeout The time in which a new sandbox must become warm, including the pull of its image.
 * @param queueTimeout The time that a request waits for a worker and a warm sandbox. Then the answer is 503.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LimitsSpec(
        @Default("100Mi")
        @ValidationRule(
                value = QuantityRules.AT_LEAST + "4Mi" + QuantityRules.AND_AT_MOST + "64Gi" + QuantityRules.RULE_END,
                message = "memory must be from 4Mi to 64Gi")
        Quantity memory,

        @Default("1")
        @ValidationRule(
                value = QuantityRules.AT_LEAST + "10m" + QuantityRules.AND_AT_MOST + "256" + QuantityRules.RULE_END,
                message = "cpu must be from 10m to 256")
        Quantity cpu,

        @Nullable
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "10ms" + Durations.AND_AT_MOST + "1h" + Durations.RULE_END,
                message = "cpuTime must be from 10ms to 1h")
        String cpuTime,

        @Default("1024") @Min(1) @Max(100000) Integer pids,

        @Default("100Mi")
        @ValidationRule(
                value = QuantityRules.AT_LEAST + "1Ki" + QuantityRules.AND_AT_MOST + "4Gi" + QuantityRules.RULE_END,
                message = "binary must be from 1Ki to 4Gi")
        Quantity binary,

        @Default("16Mi")
        @ValidationRule(
                value = QuantityRules.AT_LEAST + "0" + QuantityRules.AND_AT_MOST + "64Mi" + QuantityRules.RULE_END,
                message = "files must be from 0 to 64Mi, which is what a program may write")
        Quantity files,

        @Default("100Mi")
        @ValidationRule(
                value = QuantityRules.AT_LEAST + "1Ki" + QuantityRules.AND_AT_MOST + "4Gi" + QuantityRules.RULE_END,
                message = "output must be from 1Ki to 4Gi")
        Quantity output,

        @Default("5s")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1s" + Durations.AND_AT_MOST + "1h" + Durations.RULE_END,
                message = "runTimeout must be from 1s to 1h: a program is interrupted half a second before it")
        String runTimeout,

        @Default("30s")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1s" + Durations.AND_AT_MOST + "1h" + Durations.RULE_END,
                message = "startTimeout must be from 1s to 1h")
        String startTimeout,

        @Default("10s")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1ms" + Durations.AND_AT_MOST + "10m" + Durations.RULE_END,
                message = "queueTimeout must be from 1ms to 10m")
        String queueTimeout) {
    public LimitsSpec {
        memory = requireNonNullElseGet(memory, () -> new Quantity("100Mi"));
        cpu = requireNonNullElseGet(cpu, () -> new Quantity("1"));
        pids = requireNonNullElse(pids, 1024);
        binary = requireNonNullElseGet(binary, () -> new Quantity("100Mi"));
        files = requireNonNullElseGet(files, () -> new Quantity("16Mi"));
        output = requireNonNullElseGet(output, () -> new Quantity("100Mi"));
        runTimeout = requireNonNullElse(runTimeout, "5s");
        startTimeout = requireNonNullElse(startTimeout, "30s");
        queueTimeout = requireNonNullElse(queueTimeout, "10s");
    }

    @SuppressWarnings("NullAway") // the constructor fills in what is null
    static LimitsSpec defaults() {
        return new LimitsSpec(null, null, null, null, null, null, null, null, null, null);
    }
}
