package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Protocol;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StandardInputIT {
    @Test
    void withoutAByteItIsEmpty() throws IOException {
        try (Contained contained = Contained.warm()) {
            Contained.Ran ran = contained.run(RunOf.c("echo"));

            assertThat(ran.out()).isEmpty();
            assertThat(ran.exit().exitCode()).isZero();
        }
    }

    @Test
    void aMebibyteComesBackThroughTheWindow() throws IOException {
        byte[] bytes = new byte[1 << 20];
        new Random(1).nextBytes(bytes);
        RunOf run = RunOf.c("echo");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            int sent = 0;
            long acknowledged = 0;
            while (acknowledged < bytes.length) {
                int size = (int) Math.min(bytes.length - sent, Protocol.STDIN_WINDOW_BYTES - (sent - acknowledged));
                if (size > 0) {
                    contained.send(new Frame.Stdin(Bytes.view(bytes, sent, size)));
                    sent += size;
                }
                acknowledged += contained.readUntil(Frame.StdinRead.class).bytes();
            }
            contained.send(new Frame.StdinEnd());
            Contained.Ran ran = contained.finish();

            assertThat(ran.stdout()).isEqualTo(Bytes.view(bytes));
            assertThat(ran.stdinRead()).isEqualTo(bytes.length);
        }
    }

    @Test
    void itMayComeBeforeTheProgramDoes() throws IOException {
        RunOf run = RunOf.c("echo");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start(), new Frame.Stdin(Bytes.utf8("early")), new Frame.StdinEnd());
            contained.sendProgram(run.program());

            assertThat(contained.finish().out()).isEqualTo("early");
        }
    }

    @Test
    void whatAProgramDoesNotReadIsDroppedWhenItEnds() throws IOException {
        RunOf run = RunOf.c("hello");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start(), new Frame.Stdin(Bytes.view(new byte[Protocol.STDIN_WINDOW_BYTES])));
            contained.sendProgram(run.program());

            Contained.Ran ran = contained.finish();

            assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.EXITED);
            assertThat(ran.out()).isEqualTo("Hello, sandbox\n");
        }
    }

    @Test
    void aProgramThatClosesItDoesNotKeepTheRunnerWaiting() throws IOException {
        RunOf run = RunOf.script("exec 0<&-", "echo closed", "exec sleep 20");
        try (Contained contained = Contained.warm()) {
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Stdout.class);
            contained.send(new Frame.Stdin(Bytes.view(new byte[Protocol.STDIN_WINDOW_BYTES])));

            assertThat(contained.readUntil(Frame.StdinRead.class).bytes()).isEqualTo(Protocol.STDIN_WINDOW_BYTES);
        }
    }

    @Test
    void moreThanTheWindowIsAProtocolError() throws IOException {
        byte[] window = new byte[Protocol.STDIN_WINDOW_BYTES];
        Arrays.fill(window, (byte) 'x');
        try (Contained contained = Contained.warm()) {
            RunOf run = RunOf.script("exec sleep 20");
            contained.send(run.start());
            contained.sendProgram(run.program());
            contained.readUntil(Frame.Started.class);
            // Nobody reads: the pipe takes a window full, the buffer another, and there is no room for a byte more.
            contained.send(new Frame.Stdin(Bytes.view(window)));
            contained.readUntil(Frame.StdinRead.class);
            contained.send(new Frame.Stdin(Bytes.view(window)), new Frame.Stdin(Bytes.view(window, 0, 1)));

            assertThat(contained.finish().exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
        }
    }
}
