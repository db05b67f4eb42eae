package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/**
 * Serves {@code GET /v1/runs/live}. A client that may not run programs, or has too many live runs open, gets a plain
 * HTTP response, which costs less than a WebSocket.
 */
public final class LiveHandler implements Handler {
    private final RunService runs;
    private final FairSemaphore open;

    /** @param mostOpen the maximum number of live runs at once; a single caller gets half of them */
    public LiveHandler(RunService runs, int mostOpen) {
        this.runs = runs;
        this.open = new FairSemaphore(mostOpen);
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Optional<Problem> wrong = request.content().consumed()
                ? LiveUpgrader.wrong(request.headers())
                : Optional.of(Problem.badRequest("a request for a WebSocket has no body"));
        if (wrong.isPresent()) {
            response.header(HeaderValues.create(HeaderNames.UPGRADE, "websocket"))
                    .header(HeaderValues.create(LiveUpgrader.WS_VERSION, LiveUpgrader.VERSION));
            ProblemReply.send(request, response, wrong.get());
        } else {
            ActiveRun run = ClientRequests.open(runs, Api.LIVE, request);
            switch (run.identity()) {
                case Callers.Rejected rejected -> ProblemReply.send(request, response, rejected);
                case Callers.Identified(Caller caller) -> enter(caller, run, request, response);
            }
        }
    }

    private void enter(Caller caller, ActiveRun run, ServerRequest request, ServerResponse response) {
        Optional<FairSemaphore.Permit> permit = open.tryAcquire(caller);
        if (permit.isEmpty()) {
            long retryAfterSeconds = runs.services().admission().retryAfterSeconds();
            ProblemReply.send(
                    request, response, RunAnswer.Refused.tooManyLiveRuns(open.holdsAny(caller), retryAfterSeconds));
            return;
        }
        try (var _ = permit.get()) {
            talk(run, request);
        }
        throw new CloseConnectionException("the WebSocket is closed");
    }

    private void talk(ActiveRun run, ServerRequest request) {
        var connection = ClientConnection.current();
        var socket = new LiveSocket(connection.dataReader(), connection.dataWriter());
        try (var live = new LiveRun(runs, run, connection, socket)) {
            connection.upgraded();
            connection.send(LiveUpgrader.agreement(request.headers()).getBytes(US_ASCII));
            live.mustBegin();
            if (!socket.read(live)) {
                connection.linger();
            }
        }
    }
}
