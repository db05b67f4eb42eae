// The frame protocol of docs/protocol.md: down frames are checked and taken apart here, up frames put together.
#ifndef SANDPOOL_FRAMES_H
#define SANDPOOL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"

enum {
    FRAME_HEADER = 5,
    FRAME_PAYLOAD = 65536,
    FRAME_BYTES = FRAME_HEADER + FRAME_PAYLOAD,
    STDIN_WINDOW = 65536,
    PING_BYTES = 64,
    // The shortest string is its two length bytes.
    STRINGS = FRAME_PAYLOAD / 2,
    START_FLAG_REUSE = 1,
    START_FLAG_ZSTD = 2,
    MODE_PLAIN = 0644,
    MODE_EXECUTABLE = 0755,
    MAX_FILES = 1024,
    MAX_PATTERNS = 32,
    MAX_PATTERN_BYTES = 2048, // of all together
    MAX_OMITTED_NAMES = 100,
    MAX_SIGNAL = 31,
    PROTOCOL_VERSION = 3,
};

enum frame_type {
    FRAME_START = 0x01,
    FRAME_PROGRAM = 0x02,
    FRAME_PROGRAM_END = 0x03,
    FRAME_STDIN = 0x04,
    FRAME_STDIN_END = 0x05,
    FRAME_KILL = 0x06,
    FRAME_PING = 0x07,
    FRAME_FILE = 0x08,
    FRAME_FILE_DATA = 0x09,
    FRAME_SIGNAL = 0x0a,
    FRAME_PROGRAM_KEPT = 0x0b,
    FRAME_PROGRAM_ZSTD = 0x0c,
    FRAME_COLLECT = 0x0d,
    FRAME_LAST_DOWN = FRAME_COLLECT,
    FRAME_HELLO = 0x81,
    FRAME_STARTED = 0x82,
    FRAME_STDOUT = 0x83,
    FRAME_STDERR = 0x84,
    FRAME_EXIT = 0x85,
    FRAME_STDIN_READ = 0x86,
    FRAME_PONG = 0x87,
    FRAME_STDOUT_ZSTD = 0x88,
    FRAME_STDERR_ZSTD = 0x89,
    FRAME_OUTPUT_FILE = 0x8a,
    FRAME_OUTPUT_FILE_DATA = 0x8b,
    FRAME_OUTPUT_FILE_END = 0x8c,
    FRAME_OUTPUT_FILE_OMITTED = 0x8d,
    FRAME_LAST_UP = FRAME_OUTPUT_FILE_OMITTED,
};

enum outcome {
    OUTCOME_EXITED = 0,
    OUTCOME_SIGNALLED = 1,
    OUTCOME_TIMED_OUT = 2,
    OUTCOME_OUTPUT_LIMIT = 3,
    OUTCOME_OUT_OF_MEMORY = 4,
    OUTCOME_FAILED_TO_START = 5,
    OUTCOME_KILLED = 6,
    OUTCOME_PROTOCOL_ERROR = 7,
    OUTCOME_INTERNAL_ERROR = 8,
    OUTCOME_CPU_TIME_EXCEEDED = 9,
};

// Why a file that was asked for is not sent.
enum omission {
    OMISSION_MISSING = 0,
    OMISSION_UNREADABLE = 1,
    OMISSION_NOT_A_FILE = 2,
    OMISSION_TOO_LARGE = 3,
    OMISSION_TOO_MANY = 4,
    OMISSION_BAD_NAME = 5,
    OMISSION_TOO_MANY_ENTRIES = 6,
    OMISSION_NO_TIME = 7,
    OMISSIONS,
};

struct frame {
    enum frame_type type;
    uint8_t *payload;
    size_t length;
};

struct limits {
    bool reuse;
    bool zstd; // output may come compressed
    uint32_t interrupt_after_millis;
    uint32_t kill_after_millis;
    uint32_t cpu_millis;
    uint64_t program_bytes;
    uint64_t keep_bytes;
    uint64_t file_bytes;
    uint64_t output_bytes;
    uint64_t memory_bytes;
    uint32_t max_processes;
    uint32_t max_open_files;
    uint64_t max_file_bytes;
};

// What a START says. The strings point into the payload, which start_read() changes to end each with a NUL.
struct start {
    struct limits limits;
    size_t arguments;
    size_t variables;
    char *strings[STRINGS + 1]; // arguments, environment, null
};

// What a PROGRAM_END says, in the same way.
struct launcher {
    size_t parts;
    char *strings[STRINGS];
};

// What a FILE says.
struct file {
    unsigned mode;
    char path[PATH_BYTES + 1];
};

// What a COLLECT says.
struct wanted_files {
    uint32_t within_millis;
    uint64_t max_bytes;
    size_t count;
    char *patterns[MAX_PATTERNS];
    char text[MAX_PATTERN_BYTES + MAX_PATTERNS];
};

enum {
    FACTS = 16,
    FACT_KEY = 24,
    FACT_VALUE = 256,
    // Version and number of facts, and the two strings of each, with their lengths.
    MAX_HELLO_BYTES = FRAME_HEADER + 4 + FACTS * (2 + FACT_KEY + 2 + FACT_VALUE),
};

struct facts {
    size_t count;
    struct {
        char key[FACT_KEY];
        char value[FACT_VALUE];
    } fact[FACTS];
};

enum { EXIT_MESSAGE = 512 };

struct exit_report {
    enum outcome outcome;
    uint8_t exit_code;
    uint8_t signal;
    uint64_t wall_micros;
    uint64_t user_micros;
    uint64_t system_micros;
    uint64_t peak_memory_bytes;
    uint64_t stdout_bytes;
    uint64_t stderr_bytes;
    uint32_t stdout_crc;
    uint32_t stderr_crc;
    char message[EXIT_MESSAGE];
};

enum parsed { PARSED_FRAME, PARSED_MORE, PARSED_WRONG };

// Looks at the first frame of `bytes`. PARSED_MORE: not all of it is there yet; PARSED_WRONG: *error says why.
enum parsed frame_next(uint8_t *bytes, size_t count, struct frame *frame, const char **error);

// Checks a START's payload; null when it is right, else what is wrong with it. Changes nothing.
const char *start_check(const uint8_t *payload, size_t length, struct limits *limits);

// The same for the process that becomes the program: also ends the strings with NULs, in place.
const char *start_read(uint8_t *payload, size_t length, struct start *start);

// The two for a PROGRAM_END.
const char *launcher_check(const uint8_t *payload, size_t length);
const char *launcher_read(uint8_t *payload, size_t length, struct launcher *launcher);

// Takes a FILE apart; null when it is right, else what is wrong with it.
const char *file_read(const uint8_t *payload, size_t length, struct file *file);

// Takes a COLLECT apart; null when it is right, else what is wrong with it. `wanted` is not to be moved.
const char *collect_read(const uint8_t *payload, size_t length, struct wanted_files *wanted);

// How many bytes a PROGRAM_KEPT is about; at least 1.
const char *program_kept_read(const uint8_t *payload, size_t length, uint32_t *bytes);

// Whether a SIGNAL may name this one; null, or what is wrong with it.
const char *signal_check(unsigned number);

// Each writes a whole frame and returns its size. `at` has room for FRAME_BYTES.
size_t frame_header(uint8_t *at, enum frame_type type, size_t payload);
size_t frame_bytes(uint8_t *at, enum frame_type type, const uint8_t *payload, size_t length);
size_t frame_stdin_read(uint8_t *at, uint32_t bytes);
size_t frame_hello(uint8_t *at, uint16_t version, const struct facts *facts);
size_t frame_output_file(uint8_t *at, const char *path);
size_t frame_output_file_end(uint8_t *at, bool truncated, uint64_t bytes, uint32_t crc);
size_t frame_output_file_omitted(uint8_t *at, enum omission omission, uint32_t count, const char *path);
size_t frame_exit(uint8_t *at, const struct exit_report *report);

#endif
