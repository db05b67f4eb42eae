package dev.sandpool.contained;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** Processes that a run left behind. */
final class Left {
    private Left() {}

    /** Those that have this argument, seen from outside of all namespaces. */
    static List<Path> running(String argument) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                if (commandLine(process).contains(argument)) {
                    found.add(process);
                }
            }
        }
        return found;
    }

    /** A zombie has ended: when it is reaped is the affair of the process that adopted it. */
    static boolean isAlive(ProcessHandle process) {
        return process.isAlive() && !isZombie(process);
    }

    private static boolean isZombie(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"), ISO_8859_1);
            return stat.startsWith("Z", stat.lastIndexOf(')') + 2); // after the name, which may hold anything
        } catch (IOException e) {
            return true; // it was reaped in the meantime
        }
    }

    /** Waits for the end of all of them, whose parent has ended and so does not reap them. */
    static void awaitNoneOf(List<ProcessHandle> processes) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .pollInterval(Duration.ofMillis(10))
                .until(() -> processes.stream().noneMatch(Left::isAlive));
    }

    private static String commandLine(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"), ISO_8859_1);
        } catch (IOException e) {
            return ""; // it ended in the meantime
        }
    }
}
