package dev.sandpool.runner.run;

import java.util.List;

/** The names of Linux's signals. */
public final class Signals {
    // By their numbers, from 1.
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

    /** 0 for what is no signal's name. */
    public static int number(String name) {
        return NAMES.indexOf(name) + 1;
    }

    public static String name(int number) {
        return number > 0 && number <= NAMES.size() ? NAMES.get(number - 1) : "SIG" + number;
    }
}
