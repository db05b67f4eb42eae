package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;

/** Opens the run of a request, with the caller identified. */
public final class ClientRequests {
    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");

    private ClientRequests() {}

    static Callers.Identity identify(Callers callers, ServerRequest request) throws InterruptedException {
        return callers.identify(
                name -> request.headers().all(HeaderNames.create(name), List::of),
                request.remotePeer().address());
    }

    /**
     * Opens the run that a request asks for.
     *
     * @throws CloseConnectionException if the thread is interrupted, as at the end of the server
     */
    public static ActiveRun open(RunService runs, Api api, ServerRequest request) {
        try {
            return runs.open(
                    api,
                    identify(runs.services().callers(), request),
                    request.headers().first(TRACE_PARENT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("interrupted while a token was checked", e);
        }
    }
}
