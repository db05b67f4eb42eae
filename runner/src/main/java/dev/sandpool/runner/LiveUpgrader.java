package dev.sandpool.runner;

import io.helidon.http.DirectHandler;
import io.helidon.http.Headers;
import io.helidon.http.RequestException;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsUpgrader;

/** Opens WebSockets for clients that are no pages, for pages of the host that they ask, and for those that the pool allows. */
final class LiveUpgrader extends WsUpgrader {
    private final Cors cors;

    LiveUpgrader(Cors cors) {
        super(WsConfig.create());
        this.cors = cors;
    }

    /** Called for whoever names an origin, as all browsers do. */
    @Override
    protected void validateOrigin(Headers headers, String origin) {
        cors.refusal(headers).ifPresent(refusal -> {
            throw RequestException.builder()
                    .type(DirectHandler.EventType.FORBIDDEN)
                    .message(refusal.detail())
                    .build();
        });
    }
}
