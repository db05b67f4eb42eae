// Time that never goes back.
#ifndef SANDPOOL_CLOCK_H
#define SANDPOOL_CLOCK_H

#include <stdint.h>

// In microseconds.
uint64_t clock_now(void);

#endif
