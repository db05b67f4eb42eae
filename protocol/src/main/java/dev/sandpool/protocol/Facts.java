package dev.sandpool.protocol;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What contained found out about its sandbox, in its order.
 *
 * @param values by key; keys that this version does not know are kept and mean nothing
 */
public record Facts(Map<String, String> values) {
    /** The version of contained. */
    public static final String CONTAINED = "contained";

    /** {@code gvisor} or {@code linux}. */
    public static final String KERNEL = "kernel";

    public static final String KERNEL_RELEASE = "kernel-release";

    /** Those of {@code user,pid,net,mnt,ipc,uts} that the program gets of its own. */
    public static final String NAMESPACES = "namespaces";

    /** The network interfaces that the program sees. */
    public static final String INTERFACES = "interfaces";

    /** {@code read-only} or {@code writable}. */
    public static final String ROOT = "root";

    /** {@code absent} or {@code mounted}: a service account token. */
    public static final String TOKEN = "token";

    /** {@code own}, {@code shared} or {@code none}. */
    public static final String TMPFS = "tmpfs";

    /** {@code own} or {@code shared}. */
    public static final String PROC = "proc";

    /** {@code none}, or the program's effective set in hexadecimal. */
    public static final String CAPABILITIES = "capabilities";

    /** {@code on} or {@code off}. */
    public static final String NO_NEW_PRIVILEGES = "no-new-privileges";

    /** The user id that the program sees. */
    public static final String UID = "uid";

    /** How many runs this contained has served. */
    public static final String RUNS = "runs";

    /** {@link #EMBEDDED} where gVisor was started by the pod itself; left out where the node did. */
    public static final String ISOLATION = "isolation";

    /** A value of {@link #ISOLATION}. */
    public static final String EMBEDDED = "embedded";

    /** How many runs the pod of an embedded gVisor has served, each in a sandbox of its own. */
    public static final String SERVED = "served";

    /** How many bytes of the last program contained has kept: all of them, or 0. */
    public static final String KEPT = "kept";

    /**
     * How contained can compress output, if START asks for it, and how parts of the program may be compressed; whoever says
     * nothing can neither.
     */
    public static final String COMPRESSION = "compression";

    /** A value of {@link #COMPRESSION}. */
    public static final String ZSTD = "zstd";

    /** {@link #PATTERNS} where contained knows COLLECT; left out by those that do not. */
    public static final String OUTPUT_FILES = "output-files";

    /** A value of {@link #OUTPUT_FILES}. */
    public static final String PATTERNS = "patterns";

    /** Everything in HELLO but the facts. */
    static final int FIXED_BYTES = 4;

    public Facts {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        if (values.size() > Protocol.MAX_FACTS) {
            throw new IllegalArgumentException(values.size() + " facts, at most " + Protocol.MAX_FACTS);
        }
        long size = FIXED_BYTES;
        for (Map.Entry<String, String> fact : values.entrySet()) {
            size += 4L
                    + Bytes.utf8(fact.getKey()).size()
                    + Bytes.utf8(fact.getValue()).size();
        }
        if (size > Protocol.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("facts of " + size + " bytes do not fit into HELLO");
        }
    }

    public Optional<String> value(String key) {
        return Optional.ofNullable(values.get(key));
    }
}
