// Holds contained's codec against the golden frames: frames down are taken apart and formatted as text, frames up are put
// together from their text. Reads the file named by its argument; names what differs; "N passed, N failed" at the end.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"

enum { LINE = 400000, BYTES = 2 * FRAME_BYTES };

static char name[LINE], direction[LINE], text[LINE], refusal[LINE], hexadecimal[LINE], formatted[LINE];
static uint8_t bytes[BYTES], rendered[BYTES];
static struct start start;
static struct launcher launcher;
static struct file working;
static struct wanted_files wanted;
static struct facts facts;

static size_t read_hex(const char *from, uint8_t *to) {
    size_t count = 0;
    unsigned value;
    for (; sscanf(from, "%2x", &value) == 1; from += 2) {
        to[count++] = (uint8_t) value;
    }
    return count;
}

static size_t add_hex(char *at, const uint8_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sprintf(at + 2 * i, "%02x", from[i]);
    }
    return 2 * count;
}

static char *format_quoted(char *at, const char *string) {
    *at++ = '"';
    for (; *string != 0; string++) {
        unsigned char c = (unsigned char) *string;
        at += sprintf(at, c < ' ' || c > '~' || c == '"' || c == '\\' ? "\\x%02x" : "%c", c);
    }
    *at++ = '"';
    *at = 0;
    return at;
}

static char *format_list(char *at, const char *label, char **strings, size_t count) {
    at += sprintf(at, " %s=[", label);
    for (size_t i = 0; i < count; i++) {
        at = format_quoted(i == 0 ? at : at + sprintf(at, ","), strings[i]);
    }
    return at + sprintf(at, "]");
}

static const char *format_start(const struct frame *frame) {
    const char *error = start_read(frame->payload, frame->length, &start);
    if (error != NULL) {
        return error;
    }
    const struct limits *l = &start.limits;
    char *at = formatted + sprintf(formatted,
                              "START flags=%d interrupt=%" PRIu32 " kill=%" PRIu32 " cpu=%" PRIu32 " program=%" PRIu64
                              " keep=%" PRIu64 " working=%" PRIu64 " output=%" PRIu64 " memory=%" PRIu64 " processes=%" PRIu32
                              " files=%" PRIu32 " file=%" PRIu64,
                              l->reuse | l->zstd << 1, l->interrupt_after_millis, l->kill_after_millis, l->cpu_millis,
                              l->program_bytes, l->keep_bytes, l->file_bytes, l->output_bytes, l->memory_bytes, l->max_processes,
                              l->max_open_files, l->max_file_bytes);
    at = format_list(at, "args", start.strings, start.arguments);
    format_list(at, "env", start.strings + start.arguments, start.variables);
    return NULL;
}

static const char *format_program_end(const struct frame *frame) {
    const char *error = launcher_read(frame->payload, frame->length, &launcher);
    if (error == NULL) {
        format_list(formatted + sprintf(formatted, "PROGRAM_END"), "launcher", launcher.strings, launcher.parts);
    }
    return error;
}

static const char *format_file(const struct frame *frame) {
    const char *error = file_read(frame->payload, frame->length, &working);
    if (error == NULL) {
        format_quoted(formatted + sprintf(formatted, "FILE mode=0%o path=", working.mode), working.path);
    }
    return error;
}

static const char *format_program_kept(const struct frame *frame) {
    uint32_t length;
    const char *error = program_kept_read(frame->payload, frame->length, &length);
    sprintf(formatted, "PROGRAM_KEPT bytes=%" PRIu32, length);
    return error;
}

static const char *format_collect(const struct frame *frame) {
    const char *error = collect_read(frame->payload, frame->length, &wanted);
    if (error == NULL) {
        char *at = formatted + sprintf(formatted, "COLLECT within=%" PRIu32 " bytes=%" PRIu64, wanted.within_millis, wanted.max_bytes);
        format_list(at, "patterns", wanted.patterns, wanted.count);
    }
    return error;
}

static const char *format_signal(const struct frame *frame) {
    sprintf(formatted, "SIGNAL %d", frame->payload[0]);
    return signal_check(frame->payload[0]);
}

// The text of one frame down into `formatted`; else what is wrong with the bytes.
static const char *format_frame(size_t count) {
    static const char *const names[] = {"", "", "PROGRAM", "", "STDIN", "STDIN_END", "KILL", "PING", "", "FILE_DATA", "", "", "PROGRAM_ZSTD"};
    struct frame frame;
    const char *error = "ends inside a frame";
    if (frame_next(bytes, count, &frame, &error) != PARSED_FRAME) {
        return error == NULL ? "ends inside a frame" : error;
    }
    if (frame.length + FRAME_HEADER != count) {
        return "bytes after the frame";
    }
    switch (frame.type) {
    case FRAME_START:
        return format_start(&frame);
    case FRAME_PROGRAM_END:
        return format_program_end(&frame);
    case FRAME_FILE:
        return format_file(&frame);
    case FRAME_COLLECT:
        return format_collect(&frame);
    case FRAME_PROGRAM_KEPT:
        return format_program_kept(&frame);
    case FRAME_SIGNAL:
        return format_signal(&frame);
    default:
        break;
    }
    size_t at = (size_t) sprintf(formatted, "%s%s", names[frame.type], frame.length > 0 ? " " : "");
    formatted[at + add_hex(formatted + at, frame.payload, frame.length)] = 0;
    return NULL;
}

// A string, quoted or not, that ends before one of `ends`; what follows it.
static const char *read_string(const char *from, const char *ends, char *to, size_t size) {
    bool quoted = *from == '"';
    size_t length = 0;
    for (from += quoted; quoted ? *from != '"' : strchr(ends, *from) == NULL; from++) {
        unsigned value = (unsigned char) *from;
        if (quoted && *from == '\\') {
            sscanf(from + 2, "%2x", &value);
            from += 3;
        }
        if (length + 1 < size) {
            to[length] = (char) value;
        }
        length++;
    }
    to[length < size ? length : size - 1] = 0;
    return length >= size || strlen(to) < length ? NULL : from + quoted;
}

// False where the text holds more than contained ever says.
static bool read_facts(const char *from) {
    facts.count = 0;
    for (from = strchr(from, '{') + 1; *from != '}'; from += *from == ',') {
        if (facts.count == FACTS) {
            return false;
        }
        from = read_string(from, "=", facts.fact[facts.count].key, FACT_KEY);
        from = from == NULL ? NULL : read_string(from + 1, ",}", facts.fact[facts.count].value, FACT_VALUE);
        if (from == NULL) {
            return false;
        }
        facts.count++;
    }
    return true;
}

static bool read_exit(const char *from, struct exit_report *r) {
    static const char *const outcomes[] = {"exited",        "signalled",       "timed-out", "output-limit",  "out-of-memory",
                                           "failed-to-start", "killed", "protocol-error", "internal-error", "cpu-time-exceeded"};
    char outcome[32];
    sscanf(from,
           "EXIT outcome=%31s code=%" SCNu8 " signal=%" SCNu8 " wall=%" SCNu64 " user=%" SCNu64 " system=%" SCNu64
           " memory=%" SCNu64 " stdout=%" SCNu64 " stderr=%" SCNu64 " stdoutCrc=%" SCNx32 " stderrCrc=%" SCNx32,
           outcome, &r->exit_code, &r->signal, &r->wall_micros, &r->user_micros, &r->system_micros,
           &r->peak_memory_bytes, &r->stdout_bytes, &r->stderr_bytes, &r->stdout_crc, &r->stderr_crc);
    for (unsigned i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        if (strcmp(outcome, outcomes[i]) == 0) {
            r->outcome = i;
        }
    }
    return read_string(strstr(from, "message=") + strlen("message="), "", r->message, sizeof r->message) != NULL;
}

static size_t render_output_file(void) {
    static const char *const omissions[] = {"missing",  "unreadable", "not-a-file",       "too-large",
                                            "too-many", "bad-name",   "too-many-entries", "no-time"};
    char path[PATH_BYTES + 1] = "";
    char reason[32];
    unsigned truncated;
    uint64_t bytes_of_it;
    uint32_t number;
    const char *quoted = strstr(text, "path=");
    if (quoted != NULL) {
        read_string(quoted + strlen("path="), "", path, sizeof path);
    }
    if (sscanf(text, "OUTPUT_FILE_END truncated=%u bytes=%" SCNu64 " crc=%" SCNx32, &truncated, &bytes_of_it, &number) == 3) {
        return frame_output_file_end(rendered, truncated != 0, bytes_of_it, number);
    }
    if (sscanf(text, "OUTPUT_FILE_OMITTED reason=%31s count=%" SCNu32, reason, &number) == 2) {
        enum omission omission = 0;
        while (strcmp(omissions[omission], reason) != 0) {
            omission++;
        }
        return frame_output_file_omitted(rendered, omission, number, path);
    }
    return frame_output_file(rendered, path);
}

// Puts the frame that `text` tells into `rendered`; 0 where contained never says so much.
static size_t render(void) {
    unsigned version;
    uint32_t taken;
    struct exit_report report = {0};
    if (sscanf(text, "HELLO version=%u", &version) == 1) {
        return read_facts(text) ? frame_hello(rendered, (uint16_t) version, &facts) : 0;
    }
    if (strncmp(text, "EXIT ", 5) == 0) {
        return read_exit(text, &report) ? frame_exit(rendered, &report) : 0;
    }
    if (sscanf(text, "STDIN_READ bytes=%" SCNu32, &taken) == 1) {
        return frame_stdin_read(rendered, taken);
    }
    if (strncmp(text, "OUTPUT_FILE", 11) == 0 && strncmp(text, "OUTPUT_FILE_DATA", 16) != 0) {
        return render_output_file();
    }
    const char *payload = strchr(text, ' ');
    size_t count = payload == NULL ? 0 : read_hex(payload + 1, bytes);
    enum frame_type type = strncmp(text, "STARTED", 7) == 0       ? FRAME_STARTED
                           : strncmp(text, "STDOUT_ZSTD", 11) == 0 ? FRAME_STDOUT_ZSTD
                           : strncmp(text, "STDERR_ZSTD", 11) == 0 ? FRAME_STDERR_ZSTD
                           : strncmp(text, "STDOUT", 6) == 0       ? FRAME_STDOUT
                           : strncmp(text, "STDERR", 6) == 0       ? FRAME_STDERR
                           : strncmp(text, "OUTPUT_", 7) == 0      ? FRAME_OUTPUT_FILE_DATA
                                                                   : FRAME_PONG;
    return frame_bytes(rendered, type, bytes, count);
}

// 1: as it should be, 0: not, -1: nothing to compare.
static int check(void) {
    if (strcmp(direction, "down") == 0) {
        const char *error = format_frame(read_hex(hexadecimal, bytes));
        if (refusal[0] != 0) {
            return error != NULL;
        }
        return error == NULL && strcmp(formatted, text) == 0;
    }
    size_t size = refusal[0] != 0 ? 0 : render();
    if (size == 0) {
        return -1;
    }
    add_hex(formatted, rendered, size);
    formatted[2 * size] = 0;
    return strcmp(formatted, hexadecimal) == 0;
}

static bool take(char *line, const char *key, char *value) {
    size_t length = strlen(key);
    if (strncmp(line, key, length) != 0 || line[length] != ' ') {
        return false;
    }
    strcpy(value, line + length + 1);
    return true;
}

int main(int argc, char **argv) {
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    static char line[LINE];
    int passed = 0;
    int failed = 0;
    int beyond = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (take(line, "name", name)) {
            text[0] = refusal[0] = 0;
        }
        (void) (take(line, "direction", direction) || take(line, "text", text) || take(line, "error", refusal));
        if (take(line, "hex", hexadecimal)) {
            int result = check();
            passed += result == 1;
            failed += result == 0;
            beyond += result == -1;
            if (result == 0) {
                printf("%s differs\n", name);
            }
        }
    }
    printf("%d are for the other end\n%d passed, %d failed\n", beyond, passed, failed);
    return passed == 0 || failed > 0;
}
