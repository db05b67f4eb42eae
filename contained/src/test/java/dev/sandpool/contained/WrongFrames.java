package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.ExitOutcome;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Start;
import java.io.IOException;
import java.util.List;

/** Frames after START that are against the rules, and a part of what contained says of them. */
record WrongFrames(String message, List<Frame.Down> frames) {
    @Override
    public String toString() {
        return message + " " + frames.size();
    }

    void assertRefused(Start start) throws IOException {
        try (Contained contained = Contained.warm()) {
            contained.send(start);
            try {
                contained.send(frames.toArray(Frame.Down[]::new));
            } catch (IOException e) {
                // It has ended already. Its EXIT says why.
            }
            Contained.Ran ran = contained.finish();

            // A program of no bytes may have failed to start before the frame after it was sent or read.
            if (ran.exit().outcome() != ExitOutcome.FAILED_TO_START) {
                assertThat(ran.exit().outcome()).isEqualTo(ExitOutcome.PROTOCOL_ERROR);
                assertThat(ran.exit().message()).contains(message);
            }
        }
    }
}
