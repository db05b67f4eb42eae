#include "path.h"

#include <stdbool.h>
#include <string.h>

// The bytes of the character at `at`, 0 where none is encoded so: overlong forms, surrogates, numbers beyond Unicode.
static size_t character(const uint8_t *at, size_t left) {
    static const uint32_t min[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf8 ? 4 : 0;
    if (size < 2 || size > left) {
        return size > left ? 0 : size;
    }
    uint32_t value = at[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3f);
    }
    bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    return value < min[size] || is_surrogate || value > 0x10ffff ? 0 : size;
}

static const char *check_characters(const uint8_t *path, size_t length) {
    for (size_t at = 0; at < length;) {
        if (path[at] < ' ' || path[at] == 0x7f) {
            return "file path with a control character";
        }
        size_t size = character(path + at, length - at);
        if (size == 0) {
            return "file path that is not UTF-8";
        }
        at += size;
    }
    return NULL;
}

static bool is(const uint8_t *name, size_t length, const char *other) {
    return length == strlen(other) && memcmp(name, other, length) == 0;
}

const char *path_check(const uint8_t *path, size_t length) {
    if (length < 1 || length > PATH_BYTES) {
        return "file path that has not 1 to 255 bytes";
    }
    const char *error = check_characters(path, length);
    if (error != NULL) {
        return error;
    }
    size_t components = 0;
    for (size_t at = 0; at <= length; components++) {
        const uint8_t *end = memchr(path + at, '/', length - at);
        size_t size = end == NULL ? length - at : (size_t) (end - (path + at));
        if (size == 0 || is(path + at, size, ".") || is(path + at, size, "..")) {
            return "file path with a component that is empty, . or ..";
        }
        if (at == 0 && is(path, size, "play")) {
            return "file path that begins with play, which is the program";
        }
        at += size + 1;
    }
    return components > PATH_COMPONENTS ? "file path of more than 16 components" : NULL;
}
