package dev.sandpool.runner.run;

import java.util.List;

/** The names of the signals of Linux. */
public final class Signals {
    // By number, from 1.
    private static final List<String> NAMES = List.of(
            "SIGHUP",
            "SIGINT",
            "SIGQUIT",
            "SIGILL",
            "SIGTRAP",
            "SIGABRT",
            "SIGBUS",
            "SIGFPE",
            "SIGKILL",
            "SIGUSR1",
            "SIGSEGV",
            "SIGUSR2",
            "SIGPIPE",
            "SIGALRM",
            "SIGTERM",
            "SIGSTKFLT",
            "SIGCHLD",
            "SIGCONT",
            "SIGSTOP",
            "SIGTSTP",
            "SIGTTIN",
            "SIGTTOU",
            "SIGURG",
            "SIGXCPU",
            "SIGXFSZ",
            "SIGVTALRM",
            "SIGPROF",
            "SIGWINCH",
            "SIGIO",
            "SIGPWR",
            "SIGSYS");

    private Signals() {}

    /** Returns the number of a signal; 0 if there is no signal of that name. */
    public static int number(String name) {
        return NAMES.indexOf(name) + 1;
    }

    /** Returns the name of a signal; SIG and the number if it has none. */
    public static String name(int number) {
        return number > 0 && number <= NAMES.size() ? NAMES.get(number - 1) : "SIG" + number;
    }
}
