package dev.sandpool.e2e;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** The project's own node, for faults that nobody can ask a foreign cluster for. */
final class Node {
    private static final Path SCRIPT = Path.of("cluster", "node");

    private Node() {}

    /** SIGKILL to one of the node's programs, and a new start of it. */
    static void restart(String program) {
        call("restart", program);
    }

    /** Starts a part that does not run with the others. */
    static void start(String program) {
        call("start", program);
    }

    /** SIGKILL to one of the node's programs. */
    static void stop(String program) {
        call("stop", program);
    }

    /** The process id of the first process of a container. */
    static String processOf(String container) {
        return call("ctr", "task", "list")
                .lines()
                .map(line -> line.split(" +", -1))
                .filter(words -> words[0].equals(container))
                .map(words -> words[1])
                .findFirst()
                .orElseThrow();
    }

    /** SIGKILL to the first process of a pod's only container. */
    static void killContainer(Pod pod) {
        String id = pod.getStatus().getContainerStatuses().getFirst().getContainerID();
        call("ctr", "task", "kill", "--signal", "SIGKILL", id.substring(id.indexOf("//") + 2));
    }

    /** An image from a tar. */
    static void importImage(Path tar) {
        call("import", tar.toString());
    }

    /** Gives an image that the node has another name. */
    static void tagImage(String image, String name) {
        call("ctr", "images", "tag", "--force", image, name);
    }

    private static String call(String... command) {
        Assumptions.assumeTrue(
                System.getenv("SANDPOOL_OWN_NODE") != null,
                "this fault needs the project's own node: make test brings it up");
        List<String> words = new ArrayList<>(List.of(command));
        words.addFirst(SCRIPT.toString());
        try {
            Process process =
                    new ProcessBuilder(words).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", words) + ": " + said);
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
