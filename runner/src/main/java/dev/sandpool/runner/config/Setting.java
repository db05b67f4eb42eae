package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.Source.OF_POOL;

import java.util.Locale;

/** All settings of a runner. Each is an environment variable or a flag; the flag wins. */
public enum Setting {
    LISTEN("127.0.0.1:8080", "address and port of /run"),
    ADMIN_LISTEN("127.0.0.1:8081", "address and port of /livez, /readyz and /metrics"),
    SANDBOXES("local", "where programs run: local or kubernetes"),
    WORKERS(OF_POOL, "", "local: runs at once; default: processor cores"),
    WARM(OF_POOL, "", "local: sandboxes kept warm; default: as many as workers"),
    REUSE_RUNS(OF_POOL, "1", "local: most runs of one sandbox, all of one caller; 1: each is used once"),
    REUSE_AGE(OF_POOL, "5m", "local: longest that a sandbox serves, from its first run on"),
    QUEUE_DEPTH(OF_POOL, "", "local: requests that may wait for a worker; default: 8 for each worker"),
    BINARY_LIMIT(OF_POOL, "100Mi", "local: largest program"),
    FILES_LIMIT(OF_POOL, "16Mi", "local: working files beside a program, all together"),
    OUTPUT_LIMIT(OF_POOL, "100Mi", "local: most output of a program, for each of its two streams"),
    MEMORY_LIMIT(OF_POOL, "100Mi", "local: a program's memory, without its file"),
    CPU_TIME_LIMIT(OF_POOL, "", "local: processor time of a program and its children; default: no limit of its own"),
    PIDS_LIMIT(OF_POOL, "1024", "local: a program's processes and threads"),
    RUN_TIMEOUT(
            OF_POOL,
            "5s",
            "local: time of a run, from the moment that it has a sandbox; on /run the wait for one counts too"),
    LAUNCHERS(OF_POOL, "", "local: YAML or JSON file with launchers, as spec.launchers of a SandboxPool; optional"),
    CORS_ORIGINS(OF_POOL, "", "local: origins, separated by commas, whose pages may call /v1, or *; optional"),
    HOSTS(
            OF_POOL,
            "",
            "local: names besides those of the loopback address by which the runner is asked, separated by commas, or *;"
                    + " default: none if it listens on that address, else *"),
    START_TIMEOUT(OF_POOL, "30s", "local: time in which a sandbox must become warm"),
    QUEUE_TIMEOUT(OF_POOL, "10s", "local: longest wait for a worker and a sandbox"),
    SPOOL_DIRECTORY("", "where output goes that memory has no room for; default: java.io.tmpdir"),
    // Less than the 4 GiB of the volume that the operator makes, because each run has a little more.
    SPOOL_LIMIT("3Gi", "most output there, of all runs together; one caller may have half of it"),
    DRAIN_TIMEOUT("20s", "time for current runs to end after the runner gets SIGTERM"),
    LOG_FORMAT("text", "the form of the log: text or json, an object on each line"),
    RUN_LOG("on", "whether each run that ended is a line of the log: on or off"),
    TOKENS_DIRECTORY("", "folder with a file for each caller, its token in it; local: then every run needs one"),
    CALLER_HEADER(
            OF_POOL, "", "local: request header that names the caller; default: the source address is the caller"),
    CALLER_PROXIES(
            OF_POOL,
            "",
            "local: trusted proxies that append to that header; default: 1, its last element is the caller"),
    CALLER_CONCURRENCY(OF_POOL, "", "local: requests of one caller that run or wait at once; default: no such limit"),
    CALLER_RATE(OF_POOL, "", "local: runs of one caller a minute, over time; default: no such limit"),
    CALLER_BURST(OF_POOL, "", "local: runs that a quiet caller may begin at once; default: as many as a minute"),
    POOL("", "kubernetes: name of the SandboxPool, which says all about runs"),
    NAMESPACE("", "kubernetes: namespace of the pool, of this pod and of its sandboxes"),
    POD_NAME("", "kubernetes: name of this pod, for ownership; optional"),
    POD_UID("", "kubernetes: uid of this pod, for ownership; optional"),
    CONTAINED("", "local: the contained program"),
    ROOTFS("", "local: folder with the sandbox image's files, which runsc needs; make run makes it"),
    RUNSC(
            "",
            "local: the runsc program, or none to run programs without gVisor; default: that on the PATH, and for make run"
                    + " else the one that it has built");

    public static final String PREFIX = "SANDPOOL_";

    /** The side that says a setting of a runner in Kubernetes. */
    enum Source {
        OF_POOL,
        OF_RUNNER
    }

    private final Source source;
    private final String defaultText;
    private final String meaning;

    Setting(String defaultText, String meaning) {
        this(Source.OF_RUNNER, defaultText, meaning);
    }

    Setting(Source source, String defaultText, String meaning) {
        this.source = source;
        this.defaultText = defaultText;
        this.meaning = meaning;
    }

    /** Returns whether the SandboxPool says it for a runner in Kubernetes, which then does not accept it. */
    boolean isOfPool() {
        return source == Source.OF_POOL;
    }

    public String variable() {
        return PREFIX + name();
    }

    public String flag() {
        return "--" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns the default; empty if there is none, or if it is computed. */
    public String defaultText() {
        return defaultText;
    }

    public String meaning() {
        return meaning;
    }
}
