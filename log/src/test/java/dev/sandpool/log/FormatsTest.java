package dev.sandpool.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** What is logged through SLF4J, as both formats have it. */
class FormatsTest {
    private static final String NAME = "dev.sandpool.log.Example";
    private static final Instant AT = Instant.parse("2026-11-25T04:05:06.789123Z");

    private final Logger log = (Logger) LoggerFactory.getLogger(NAME);
    private final List<ILoggingEvent> seen = new ArrayList<>();
    private final Appender<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            ((LoggingEvent) event).setInstant(AT);
            seen.add(event);
        }
    };

    @BeforeEach
    void listen() {
        Log.configure(LogFormat.TEXT, Map.of());
        log.setAdditive(false);
        appender.start();
        log.addAppender(appender);
    }

    @AfterEach
    void listenNoMore() {
        log.detachAppender(appender);
    }

    /** As libraries do with an exception's message. */
    @ParameterizedTest
    @EnumSource(LogFormat.class)
    void aMessageThatIsNullAndAValueWithoutATextLoseNoRecord(LogFormat format) {
        Object mute = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("not now");
            }
        };
        log.atWarn()
                .setCause(new IllegalStateException("why"))
                .addKeyValue("mute", mute)
                .log((String) null);

        assertThat(format.layout().doLayout(seen.getFirst()))
                .contains("without a text: java.lang.IllegalStateException", "IllegalStateException: why");
    }

    @Test
    void fieldsComeBeforeTheMessageInText() {
        log.atWarn().addKeyValue("run", "r1").addKeyValue("bytes", 5L).log("ended {} of {}", 1, 2);

        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()))
                .isEqualTo("2026-11-25T04:05:06.789Z WARNING Example: run=r1 bytes=5 ended 1 of 2\n");
    }

    @Test
    void fieldsAreFieldsInJson() throws Exception {
        log.atInfo()
                .addKeyValue("run", "r1")
                .addKeyValue("bytes", 5L)
                .addKeyValue("millis", 1.5)
                .addKeyValue("first", true)
                .addKeyValue("nothing", (Object) null)
                .log("ended");

        assertThat(json()).isEqualTo(new ObjectMapper().readTree("""
                {"time": "2026-11-25T04:05:06.789Z", "level": "INFO", "logger": "dev.sandpool.log.Example", "message": "ended",
                 "run": "r1", "bytes": 5, "millis": 1.5, "first": true, "nothing": null}
                """));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\" } , {\"level\":\"ERROR\"",
                "two\r\nlines\u2028and\u0085more",
                "\u0000\u001b[31mred\u007f",
                "\\ 日本語 𝄞",
                "{} {0}",
                ""
            })
    void oddCharactersComeBackAndMakeNoLinesOfTheirOwn(String odd) throws Exception {
        log.atInfo().addKeyValue("detail", odd).log(odd);

        String line = LogFormat.JSON.layout().doLayout(seen.getFirst());
        assertThat(line).endsWith("}\n").matches("[\\x20-\\x7f]*\n");
        assertThat(json().path("detail").asText()).isEqualTo(odd);
        assertThat(json().path("message").asText()).isEqualTo(odd);
        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()).lines().filter(text -> text.contains("Example")))
                .hasSize(1);
    }

    @Test
    void halfACharacterIsStillJson() throws Exception {
        log.atInfo().addKeyValue("detail", "\ud834").log("half");

        assertThat(json().path("message").asText()).isEqualTo("half");
    }

    @Test
    void anExceptionIsAFieldInJsonAndLinesInText() throws Exception {
        log.error("failed", new IllegalStateException("no \"room\"\nleft"));

        assertThat(json().path("level").asText()).isEqualTo("ERROR");
        assertThat(json().path("exception").asText())
                .startsWith("java.lang.IllegalStateException: no \"room\"\nleft\n\tat dev.sandpool.log.FormatsTest");
        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()))
                .startsWith(
                        "2026-11-25T04:05:06.789Z SEVERE Example: failed\n\tjava.lang.IllegalStateException: no \"room\"\n\tleft\n\t");
    }

    @Test
    void aValueMakesNoFieldsOfItsOwnInText() {
        log.atInfo()
                .addKeyValue("caller", "header:a outcome=exited run=r2")
                .addKeyValue("name", "say \"hi\" \\")
                .addKeyValue("nothing", "")
                .addKeyValue("address", "address:10.1.2.3")
                .log("ended");

        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()))
                .endsWith(
                        " Example: caller=\"header:a outcome=exited run=r2\" name=\"say \\\"hi\\\" \\\\\" nothing=\"\""
                                + " address=address:10.1.2.3 ended\n");
    }

    @ParameterizedTest
    @CsvSource({
        "'\n',\\n",
        "'\r',\\r",
        "'\u001b[31m',\\u001b[31m",
        "'\u0000',\\u0000",
        "'\u007f',\\u007f",
        "'\u0085',\\u0085",
        "'\u009b31m',\\u009b31m",
        "'\u2028',\\u2028",
        "'\u2029',\\u2029",
        "'\u202e',\\u202e",
    })
    void controlsAreWrittenOutInText(String control, String written) {
        log.atInfo().addKeyValue("caller", "a" + control).log("was {}", control);

        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()))
                .endsWith(" Example: caller=\"a" + written + "\" was " + written + "\n");
    }

    @Test
    void noLineOfAnExceptionLooksLikeARecord() {
        log.error("failed", new IllegalStateException("x\n2026-11-25T04:05:06.789Z INFO RunLog: run=r2\u009b"));

        assertThat(LogFormat.TEXT.layout().doLayout(seen.getFirst()).lines().skip(1))
                .allMatch(line -> line.startsWith("\t"))
                .contains("\t2026-11-25T04:05:06.789Z INFO RunLog: run=r2\\u009b");
    }

    @Test
    void aFieldDoesNotPassForTheRecordsOwnAndCountsOnce() throws Exception {
        log.atInfo()
                .addKeyValue("level", "ERROR")
                .addKeyValue("a", 1)
                .addKeyValue("a", 2)
                .log("x");

        assertThat(json().path("level").asText()).isEqualTo("INFO");
        assertThat(json().path("level_").asText()).isEqualTo("ERROR");
        assertThat(json().path("a").asInt()).isEqualTo(2);
    }

    @Test
    void recordsOfJavasOwnLoggingAreWrittenToo() throws Exception {
        java.util.logging.Logger.getLogger(NAME).log(Level.WARNING, "took {0}", "long");

        assertThat(json().path("message").asText()).isEqualTo("took long");
        assertThat(json().path("level").asText()).isEqualTo("WARN");
    }

    @Test
    void recordsOfTheJdksLoggingAreWrittenToo() throws Exception {
        System.getLogger(NAME).log(System.Logger.Level.ERROR, "took {0}", "long");

        assertThat(json().path("message").asText()).isEqualTo("took long");
        assertThat(json().path("level").asText()).isEqualTo("ERROR");
    }

    @Test
    void whatIsSaidTooMuchIsLeftOut() {
        Log.configure(LogFormat.TEXT, Map.of(NAME, org.slf4j.event.Level.WARN));
        appender.start();
        log.addAppender(appender);
        log.info("chatter");
        System.getLogger(NAME + "$More").log(System.Logger.Level.INFO, "chatter");
        log.debug("detail");
        log.warn("trouble");

        assertThat(seen).extracting(ILoggingEvent::getMessage).containsExactly("trouble");
    }

    private JsonNode json() throws Exception {
        return new ObjectMapper().readTree(LogFormat.JSON.layout().doLayout(seen.getFirst()));
    }
}
