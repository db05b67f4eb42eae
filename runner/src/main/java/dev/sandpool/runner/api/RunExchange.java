package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.BodyDecoding;
import dev.sandpool.runner.http.DecodedBody;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.http.RequestBody;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.OptionalLong;

/**
 * A request of {@code POST /v1/runs} and the response to it.
 *
 * @param decoding of its body
 */
record RunExchange(BodyDecoding decoding, ServerRequest request, ServerResponse response) {
    private static final HeaderName ARGUMENT = HeaderNames.create("X-Argument");
    private static final HeaderName OPTIONS = HeaderNames.create("Sandpool-Options");
    private static final HeaderName RUN = HeaderNames.create("Sandpool-Run");

    DecodedBody body() {
        return decoding.decode(new RequestBody(request));
    }

    /** How long the body is, as far as that is known; 0 where it is not. What comes out of a coding has a size of its own. */
    long announced() {
        return decoding == BodyDecoding.IDENTITY
                ? request.headers().contentLength().orElse(0)
                : 0;
    }

    V1Request.Head head() {
        return new V1Request.Head(
                request.headers().first(HeaderNames.CONTENT_TYPE).orElse(""),
                request.query().rawValue(),
                request.headers().all(OPTIONS, List::of),
                request.headers().all(ARGUMENT, List::of));
    }

    void header(Header header) {
        response.header(header);
    }

    /** Which run it is about. */
    void isAbout(RunService.ActiveRun entry) {
        header(HeaderValues.create(RUN, entry.id()));
    }

    void send(Problem problem) {
        ProblemReply.send(request, response, problem);
    }

    /** Sends what is to be said of a run that has no outcome. */
    void refuse(RunEnding answer) {
        if (answer instanceof RunEnding.Nothing) {
            throw new CloseConnectionException("the client has gone");
        }
        OptionalLong retryAfter =
                answer instanceof RunEnding.Refused refused ? refused.retryAfterSeconds() : OptionalLong.empty();
        ProblemReply.send(request, response, ProblemReply.of(answer), retryAfter);
    }
}
