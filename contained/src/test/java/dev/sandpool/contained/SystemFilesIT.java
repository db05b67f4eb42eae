package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Start;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program reads of where it runs is about itself, not about the pod. */
class SystemFilesIT {
    @ParameterizedTest
    @EnumSource
    void memoryIsWhatStartAllows(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.script("cat /proc/meminfo")
                    .memoryBytes(100 << 20)
                    .resources(new Start.ResourceLimits(64, 64, 8))); // which leave no room for the text in a file

            assertThat(ran.out().lines()).startsWith("MemTotal:         102400 kB", "MemFree:          102400 kB");
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutALimitItIsTheKernels(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.script("cat /proc/meminfo").memoryBytes(0));

            assertThat(ran.out()).startsWith("MemTotal:").doesNotStartWith("MemTotal:         102400 kB");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"100", "90"})
    void theLimitOfTheCgroupIsItsOwn(String mebibytes) throws IOException {
        try (Contained contained = Place.GVISOR.isolated()) {
            long limit = Long.parseLong(mebibytes) << 20;
            Contained.Ran ran = contained.run(RunOf.script("cat /sys/fs/cgroup/memory/memory.limit_in_bytes")
                    .memoryBytes(limit));

            assertThat(ran.out()).as("%s", ran.err()).isEqualTo(limit + "\n");
        }
    }

    @ParameterizedTest
    @EnumSource
    void itsNameIsNotThePods(Place place) throws IOException {
        try (Contained contained = place.isolated()) {
            Contained.Ran ran = contained.run(RunOf.script("cat /etc/hosts; cat /proc/sys/kernel/hostname"));

            assertThat(ran.out()).isEqualTo("127.0.0.1\tlocalhost sandbox\n::1\tlocalhost\nsandbox\n");
        }
    }
}
