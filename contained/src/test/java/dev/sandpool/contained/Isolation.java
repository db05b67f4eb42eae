package dev.sandpool.contained;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sandpool.protocol.Facts;
import java.util.Map;

/** What a test can only show where the machine grants it. */
final class Isolation {
    static final String ALL_NAMESPACES = "user,pid,net,mnt,ipc,uts";

    private Isolation() {}

    static void assumeFull(Map<String, String> facts) {
        assumeThat(facts).containsEntry(Facts.NAMESPACES, ALL_NAMESPACES);
    }
}
