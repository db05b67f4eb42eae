// CRC-32 (ISO-HDLC), the one of zlib and java.util.zip.CRC32.
#ifndef SANDPOOL_CRC32_H
#define SANDPOOL_CRC32_H

#include <stddef.h>
#include <stdint.h>

void crc32_prepare(void);
uint32_t crc32_add(uint32_t crc, const uint8_t *bytes, size_t count);

#endif
