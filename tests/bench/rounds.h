/* What the kernels of tenants compute: each round is n * 1664525 + 1013904223. */
#ifndef ROUNDS_H
#define ROUNDS_H

#include <stdint.h>

/* What `rounds` rounds make of `n`, in steps of squares. */
static inline uint32_t advanced(uint32_t n, uint64_t rounds)
{
    uint32_t factor = 1664525u, addend = 1013904223u;
    for (; rounds; rounds >>= 1) {
        if (rounds & 1)
            n = n * factor + addend;
        addend = addend * factor + addend;
        factor *= factor;
    }
    return n;
}

#endif
