package dev.sandpool.runner.api;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.BodyDecoding;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.DecodedBody;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.http.RequestBody;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.Upload;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.InputStream;
import java.util.List;

/**
 * A request of {@code POST /v1/runs} and its response.
 *
 * @param decoding the coding of the body
 */
record RunExchange(BodyDecoding decoding, ServerRequest request, ServerResponse response) {
    private static final HeaderName ARGUMENT = HeaderNames.create("X-Argument");
    private static final HeaderName OPTIONS = HeaderNames.create("Sandpool-Options");
    private static final HeaderName RUN = HeaderNames.create("Sandpool-Run");

    DecodedBody body() {
        return decoding.decode(new RequestBody(request));
    }

    Upload upload(InputStream body, MemoryBudget memory) {
        return new Upload(body, announced(), ClientConnection.current().bytes(), memory);
    }

    /**
     * Returns the length of the body, as far as it is known; otherwise 0. The decoded length of a coded body is not
     * known.
     */
    private long announced() {
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

    /** Names the run in the response. */
    void isAbout(ActiveRun run) {
        header(HeaderValues.create(RUN, run.id()));
    }

    void send(Problem problem) {
        ProblemReply.send(request, response, problem);
    }

    /** Sends the reason why there is no result of a program. */
    void refuse(RunAnswer answer) {
        if (answer instanceof RunAnswer.ClientGone) {
            throw new CloseConnectionException("the client has gone");
        }
        ProblemReply.send(request, response, answer);
    }
}
