package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.Callers;
import dev.sandpool.runner.admission.FairSemaphore;
import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.Stream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** What all endpoints that run programs share: the means of a run, and the book in which each is entered when it is over. */
public final class RunService {
    // Whoever knows a run's id, and counts as the same caller, can cancel it and read its answer: nobody guesses 128
    // bits.
    private static final int ID_BYTES = 16;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final RunPipeline.Services services;
    private final Path spoolDirectory;
    private final MemoryBudget memory;
    private final FairSemaphore jsonPieces;
    private final ScheduledExecutorService clock;
    private final LongConsumer sent;
    private final AnswerCache ids;
    private final List<RunListener> listeners;

    /**
     * The runs of one server.
     *
     * @param jsonPieces what options that are larger than usual are held in
     * @param sent is told how many bytes of each answer went out
     * @param listeners are told of each run that is over, in this order
     */
    public RunService(
            RunPipeline.Services services,
            Path spoolDirectory,
            MemoryBudget memory,
            FairSemaphore jsonPieces,
            ScheduledExecutorService clock,
            LongConsumer sent,
            AnswerCache ids,
            List<RunListener> listeners) {
        this.services = services;
        this.spoolDirectory = spoolDirectory;
        this.memory = memory;
        this.jsonPieces = jsonPieces;
        this.clock = clock;
        this.sent = sent;
        this.ids = ids;
        this.listeners = List.copyOf(listeners);
    }

    public RunPipeline.Services services() {
        return services;
    }

    public MemoryBudget memory() {
        return memory;
    }

    public ScheduledExecutorService clock() {
        return clock;
    }

    public OutputSpool spool() {
        return new OutputSpool(spoolDirectory, memory);
    }

    /** So many bytes of an answer went out. */
    public void sent(long bytes) {
        sent.accept(bytes);
    }

    /**
     * A request for a run has come.
     *
     * @param traceParent where the request belongs in a trace, as its header says it
     */
    public ActiveRun open(Api api, Callers.Identity identity, Optional<String> traceParent) {
        return new ActiveRun(api, newId(), identity, traceParent);
    }

    private static String newId() {
        byte[] bytes = new byte[ID_BYTES];
        RANDOM.nextBytes(bytes);
        return "r" + HexFormat.of().formatHex(bytes);
    }

    /**
     * One request, from its headers to the end of its answer. Once it has begun, and until it is over, its caller can cancel it by another request; and
     * until it is closed a runner that drains waits for it.
     */
    public final class ActiveRun implements AutoCloseable {
        private final Api api;
        private final Callers.Identity identity;
        private final RunCancellation cancellation = new RunCancellation();
        private String id;
        private Optional<AnswerCache.UnderWay> underWay = Optional.empty();
        private Drain.@Nullable UnderWay served;
        private @Nullable JsonMemory json;
        private final Optional<String> traceParent;
        private final Instant begun = Instant.now();

        private ActiveRun(Api api, String id, Callers.Identity identity, Optional<String> traceParent) {
            this.api = api;
            this.id = id;
            this.identity = identity;
            this.traceParent = traceParent;
        }

        /** From now on it has to be closed. */
        void begin() {
            served = services.drain().begin(cancellation);
            underWay = caller().flatMap(caller -> ids.begin(caller, id, cancellation));
        }

        private Optional<Caller> caller() {
            return switch (identity) {
                case Callers.Identified identified -> Optional.of(identified.caller());
                case Callers.Rejected _ -> Optional.empty();
            };
        }

        public Callers.Identity identity() {
            return identity;
        }

        RunCancellation cancellation() {
            return cancellation;
        }

        /** Ours, until its client's is known. */
        public String id() {
            return id;
        }

        /**
         * Its client has chosen that id for it.
         *
         * @return what is kept of a run that had the id before
         * @throws NoRunException the caller has a run of that id under way
         */
        public Optional<AnswerCache.Kept> name(String chosen) throws NoRunException {
            Caller caller = caller().orElseThrow();
            underWay.ifPresent(AnswerCache.UnderWay::close);
            underWay = ids.begin(caller, chosen, cancellation);
            if (underWay.isEmpty()) {
                throw new NoRunException(inProgress(chosen));
            }
            id = chosen;
            return ids.find(caller, chosen);
        }

        /** What its options take, until it is closed. Its caller is known. By one thread at a time. */
        public JsonMemory json() {
            if (json == null) {
                json = new JsonMemory(jsonPieces, caller().orElseThrow());
            }
            return json;
        }

        /** See {@link AnswerCache.UnderWay#keep}. */
        public void keep(Optional<byte[]> digest, Optional<byte[]> json) {
            underWay.ifPresent(run -> run.keep(digest, json));
        }

        /** It is over, and whoever waits for that goes on. Before its client is told, who may use the id again at once. */
        public void finish() {
            underWay.ifPresent(AnswerCache.UnderWay::close);
        }

        /** Its answer is sent, or there is none. */
        @Override
        public void close() {
            finish();
            if (json != null) {
                json.close();
            }
            if (served != null) {
                served.close();
            }
        }

        /** It is over: whoever wants to know is told. */
        public void ended(RunEnding answer, RunPipeline attempt, Upload upload, RunOutput output) {
            var record = new CompletedRun(
                    id,
                    api,
                    caller().map(Caller::key).orElse(""),
                    traceParent,
                    begun,
                    attempt.phases(),
                    answer.outcome(),
                    attempt.result().map(RunService::exitCode).orElse(OptionalInt.empty()),
                    attempt.result().map(RunService::signal).orElse(OptionalInt.empty()),
                    attempt.use(),
                    attempt.result().map(RunResult::facts).orElse(RunResult.Facts.NONE),
                    upload.count(),
                    output.bytes(Stream.STDOUT),
                    output.bytes(Stream.STDERR));
            listeners.forEach(listener -> listener.ended(record));
        }
    }

    public static Problem inProgress(String id) {
        return new Problem("run-in-progress", 409, "Run in progress", "the run " + id + " is under way");
    }

    private static OptionalInt exitCode(RunResult result) {
        return result instanceof RunResult.Exited exited ? OptionalInt.of(exited.code()) : OptionalInt.empty();
    }

    private static OptionalInt signal(RunResult result) {
        return result instanceof RunResult.Signalled signalled
                ? OptionalInt.of(signalled.signal())
                : OptionalInt.empty();
    }
}
