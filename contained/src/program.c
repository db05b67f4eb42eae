#define _GNU_SOURCE
#include "program.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

static bool fits(uint64_t offset, uint64_t size, uint64_t bytes) {
    return offset <= bytes && size <= bytes - offset;
}

bool program_is_whole(int file, uint64_t bytes) {
    Elf64_Ehdr header;
    ssize_t length = pread(file, &header, sizeof header, 0);
    if (length < SELFMAG || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return true; // not ELF: execve judges it
    }
    if (length < (ssize_t) sizeof header) {
        return false;
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_phentsize != sizeof(Elf64_Phdr)) {
        return true; // not for this machine: execve says so
    }
    if (!fits(header.e_phoff, (uint64_t) header.e_phnum * sizeof(Elf64_Phdr), bytes)) {
        return false;
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (pread(file, &segment, sizeof segment, (off_t) (header.e_phoff + i * sizeof segment)) != sizeof segment) {
            return false;
        }
        if (segment.p_type == PT_LOAD && !fits(segment.p_offset, segment.p_filesz, bytes)) {
            return false;
        }
    }
    return true;
}

void program_words(int error, char *words, size_t size) {
    snprintf(words, size, "%s", strerrordesc_np(error) == NULL ? "unknown error" : strerrordesc_np(error));
    words[0] = (char) tolower((unsigned char) words[0]); // all of libc's begin with a capital, none of Go's
}

void program_failure(const char *path, int error, char *message, size_t size) {
    char words[128];
    program_words(error, words, sizeof words);
    snprintf(message, size, "fork/exec %s: %s", path, words);
}
