package dev.sandpool.client;

import java.io.IOException;

/** A request that was refused, or a run that has no outcome: a problem of RFC 9457, as docs/api.md lists them. */
public final class ProblemException extends IOException {
    private static final long serialVersionUID = 1;

    private final int status;
    private final String problem;

    ProblemException(int status, String problem, String title, String detail) {
        super(status + " " + title + (detail.isEmpty() ? "" : ": " + detail));
        this.status = status;
        this.problem = problem;
    }

    static ProblemException of(int status, Json answer) {
        return new ProblemException(
                answer.integer("status").orElse(status),
                answer.text("type").orElse("").replaceFirst("^/problems/", ""),
                answer.text("title").orElse("HTTP status"),
                answer.text("detail").orElse(""));
    }

    /** The status of HTTP; that of the problem, where a run that had begun ended in one. */
    public int status() {
        return status;
    }

    /** Its name, such as {@code bad-option}; empty where the answer was no problem. */
    public String problem() {
        return problem;
    }
}
