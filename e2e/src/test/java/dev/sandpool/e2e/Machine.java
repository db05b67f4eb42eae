package dev.sandpool.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/** What the kernel of this machine counts; the whole node runs on it. */
final class Machine {
    /** The kernel's USER_HZ; 100 on every Linux for amd64. */
    private static final double TICKS_PER_SECOND = 100;

    private static final Path PROC = Path.of("/proc");

    private Machine() {}

    /** CPU seconds that all processes and the kernel together have used since the start; idle and waiting left out. */
    static double cpuSeconds() {
        String[] fields =
                text(PROC.resolve("stat")).lines().findFirst().orElseThrow().split(" +", -1);
        long ticks = 0;
        for (int field : List.of(1, 2, 3, 6, 7)) { // user, nice, system, irq, softirq
            ticks += Long.parseLong(fields[field]);
        }
        return ticks / TICKS_PER_SECOND;
    }

    /** Proportional memory, in MiB, of a pod: the processes in its control group, and its shim, which names it in its command line. */
    static double memoryMib(String podUid) {
        return memoryMib(process -> text(process.resolve("cgroup")).contains("pod" + podUid));
    }

    /** Proportional memory, in MiB, of a process's children and theirs, without its own. */
    static double memoryMib(long parent) {
        return ProcessHandle.of(parent).stream()
                        .flatMap(ProcessHandle::descendants)
                        .mapToDouble(child -> pssKib(PROC.resolve(Long.toString(child.pid()))))
                        .sum()
                / 1024;
    }

    private static double memoryMib(Predicate<Path> counts) {
        double kib = 0;
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (counts.test(process)) {
                    kib += pssKib(process);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return kib / 1024;
    }

    private static double pssKib(Path process) {
        return text(process.resolve("smaps_rollup"))
                .lines()
                .filter(line -> line.startsWith("Pss:"))
                .mapToDouble(line -> Double.parseDouble(line.split(" +", -1)[1]))
                .sum();
    }

    /** Empty for a process that has ended meanwhile. */
    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
