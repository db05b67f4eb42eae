package dev.sandpool.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel of this machine counts; the whole node runs on it. */
final class Machine {
    /** The kernel's USER_HZ; 100 on every Linux for amd64. */
    private static final double TICKS_PER_SECOND = 100;

    /** In the folders that containerd gives runsc for its log. */
    private static final Pattern CONTAINER_ID = Pattern.compile("k8s\\.io/([0-9a-f]{64})");

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

    /** Waits until all processes together use less than a fifth of one processor, or five seconds. */
    static void awaitIdle() throws InterruptedException {
        long patience = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        double before;
        do {
            before = cpuSeconds();
            Thread.sleep(Duration.ofMillis(200)); // a measuring interval, not a wait for an event
        } while (cpuSeconds() - before > 0.04 && System.nanoTime() < patience);
    }

    /** Proportional memory, in MiB, of a gVisor pod: the processes in its control group, and its shims, which name its containers. */
    static double podMemoryMib(String podUid) {
        List<Path> inside = processes().stream()
                .filter(process -> text(process.resolve("cgroup")).contains("pod" + podUid))
                .toList();
        List<String> containers = inside.stream()
                .flatMap(process ->
                        CONTAINER_ID.matcher(text(process.resolve("cmdline"))).results())
                .map(match -> match.group(1))
                .distinct()
                .toList();
        double shimsKib = processes().stream()
                .filter(process -> {
                    String command = text(process.resolve("cmdline"));
                    return command.contains("containerd-shim")
                            && containers.stream().anyMatch(command::contains);
                })
                .mapToDouble(Machine::pssKib)
                .sum();
        return (inside.stream().mapToDouble(Machine::pssKib).sum() + shimsKib) / 1024;
    }

    /** Proportional memory, in MiB, of a process's children and theirs, without its own. */
    static double childrenMemoryMib(long parent) {
        return ProcessHandle.of(parent).stream()
                        .flatMap(ProcessHandle::descendants)
                        .mapToDouble(child -> pssKib(PROC.resolve(Long.toString(child.pid()))))
                        .sum()
                / 1024;
    }

    private static List<Path> processes() {
        try (Stream<Path> all = Files.list(PROC)) {
            return all.filter(path ->
                            Character.isDigit(path.getFileName().toString().charAt(0)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
