package dev.sandpool.contained;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;

/** Where a contained runs: on this machine's own kernel, or in gVisor as in a pod. */
enum Place {
    LINUX {
        @Override
        Contained start() {
            return Contained.start();
        }
    },
    GVISOR {
        @Override
        Contained start() throws IOException {
            assumeTrue(Gvisor.whyNot().isEmpty(), Gvisor.whyNot());
            return Contained.by(Gvisor.command());
        }
    };

    abstract Contained start() throws IOException;

    /** Started and greeted, with all namespaces that there are. */
    Contained isolated() throws IOException {
        Contained contained = start();
        Map<String, String> facts = contained.greet().facts().values();
        Isolation.assumeFull(facts);
        return contained;
    }
}
