/// SHA-256 (FIPS 180-4) of two streams at a time.
///
/// Each round of a stream waits for the one before, and the processor's instructions for them take
/// twice as long as they keep its unit busy: two streams in turn cost hardly more than one.
#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

#define CSHA256_BLOCK_BYTES 64

/// True where this processor has the instructions; the others may not be called without.
int csha256_is_available(void);

/// Takes `blocks` blocks of 64 bytes into a state of eight words.
void csha256_blocks(uint32_t state[8], const uint8_t *bytes, size_t blocks);

/// Takes equally many blocks into two states.
void csha256_pair(
    uint32_t first[8], const uint8_t *first_bytes, uint32_t second[8],
    const uint8_t *second_bytes, size_t blocks);

#endif
