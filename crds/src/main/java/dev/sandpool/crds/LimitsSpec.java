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
 * What one run may take. A change of memory, cpu, cpuTime, pids, binary, files, output or runTimeout makes a new revision, as a change of the image does.
 *
 * @param memory The memory of a program and its children. The file that it lies in does not count.
 * @param cpu The processors of a sandbox.
 * @param cpuTime The processor time of a program and its children together. Left out: none of its own, runTimeout and cpu bound it.
 * @param pids The processes and threads that a program may have at once, its first one among them.
 * @param binary The largest program. One that is larger is answered by 413.
 * @param files The working files that a caller may have placed beside a program, all together.
 * @param output The most that a program may print, for each of its two streams. One that prints more is ended, and its output is not sent.
 * @param runTimeout The time of a run, from the claim of a sandbox to the answer, upload included. A program is interrupted half a second
 *     before it, and killed a quarter of a second later.
 * @param startTimeout The time in which a new sandbox must become warm, pulling its image included.
 * @param queueTimeout The longest wait for a worker and a warm sandbox; then the answer is 503.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record LimitsSpec(
        @Default("100Mi")
        @ValidationRule(
                value = Quantities.AT_LEAST + "4Mi" + Quantities.AND_AT_MOST + "64Gi" + Quantities.RULE_END,
                message = "memory must be from 4Mi to 64Gi")
        Quantity memory,

        @Default("1")
        @ValidationRule(
                value = Quantities.AT_LEAST + "10m" + Quantities.AND_AT_MOST + "256" + Quantities.RULE_END,
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
                value = Quantities.AT_LEAST + "1Ki" + Quantities.AND_AT_MOST + "4Gi" + Quantities.RULE_END,
                message = "binary must be from 1Ki to 4Gi")
        Quantity binary,

        @Default("16Mi")
        @ValidationRule(
                value = Quantities.AT_LEAST + "0" + Quantities.AND_AT_MOST + "64Mi" + Quantities.RULE_END,
                message = "files must be from 0 to 64Mi, which is what a program may write")
        Quantity files,

        @Default("100Mi")
        @ValidationRule(
                value = Quantities.AT_LEAST + "1Ki" + Quantities.AND_AT_MOST + "4Gi" + Quantities.RULE_END,
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
