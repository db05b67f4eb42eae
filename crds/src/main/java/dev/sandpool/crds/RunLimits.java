package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;

/**
 * What a run in a sandbox of one revision may take: the annotation {@link #ANNOTATION} of the revision's PodTemplate, as JSON. Part of what the
 * revision is the hash of.
 *
 * @param memoryBytes of the program, without the file that it lies in
 * @param pids processes and threads
 * @param binaryBytes of the program's file
 * @param outputBytes of each of the two streams
 * @param runTimeout as in {@link LimitsSpec}
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record RunLimits(long memoryBytes, int pids, long binaryBytes, long outputBytes, String runTimeout) {
    public static final String ANNOTATION = "sandpool.dev/limits";
}
