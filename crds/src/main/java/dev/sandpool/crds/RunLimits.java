package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * What a run in a sandbox of one revision may take: the annotation {@link #ANNOTATION} of the revision's PodTemplate, as JSON. Part of what the
 * revision is the hash of.
 *
 * @param memoryBytes of the program, without the file that it lies in
 * @param pids processes and threads
 * @param binaryBytes of the program's file
 * @param fileBytes of the working files beside it
 * @param outputBytes of each of the two streams
 * @param runTimeout as in {@link LimitsSpec}
 * @param cpuTime as in {@link LimitsSpec}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunLimits(
        long memoryBytes,
        int pids,
        long binaryBytes,
        long fileBytes,
        long outputBytes,
        String runTimeout,
        @Nullable String cpuTime) {
    public static final String ANNOTATION = "sandpool.dev/limits";
}
