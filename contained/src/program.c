#define _GNU_SOURCE
#include "program.h"

#include <ctype.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child_env.h"

static bool fits(uint64_t offset, uint64_t size, uint64_t bytes) {
    return offset <= bytes && size <= bytes - offset;
}

static bool read_exactly(int file, void *bytes, size_t size, uint64_t offset) {
    return pread(file, bytes, size, (off_t) offset) == (ssize_t) size;
}

// Whether the sections, which no kernel looks at, say that the file was longer. Small programs made by hand have none.
static bool lacks_sections(int file, const Elf64_Ehdr *header, uint64_t bytes) {
    if (header->e_shoff == 0 || header->e_shnum == 0 || header->e_shentsize != sizeof(Elf64_Shdr)) {
        return false;
    }
    if (!fits(header->e_shoff, (uint64_t) header->e_shnum * sizeof(Elf64_Shdr), bytes)) {
        return true;
    }
    for (unsigned i = 0; i < header->e_shnum; i++) {
        Elf64_Shdr section;
        if (!read_exactly(file, &section, sizeof section, header->e_shoff + i * sizeof section) ||
            (section.sh_type != SHT_NULL && section.sh_type != SHT_NOBITS && !fits(section.sh_offset, section.sh_size, bytes))) {
            return true;
        }
    }
    return false;
}

static bool holds(const Elf64_Phdr *segment, uint64_t address) {
    return address >= segment->p_vaddr && address - segment->p_vaddr < segment->p_filesz;
}

// A segment may be larger than the file: Linux runs that as long as the program leaves alone what is not there. It is taken for cut
// where the file lacks sections, too, or the program's very entry.
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
    bool reaches_out = false;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!read_exactly(file, &segment, sizeof segment, header.e_phoff + i * sizeof segment)) {
            return false;
        }
        if (segment.p_type != PT_LOAD || fits(segment.p_offset, segment.p_filesz, bytes)) {
            continue;
        }
        reaches_out = true;
        if (holds(&segment, header.e_entry) && !fits(segment.p_offset, header.e_entry - segment.p_vaddr + 1, bytes)) {
            return false;
        }
    }
    return !reaches_out || !lacks_sections(file, &header, bytes);
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
