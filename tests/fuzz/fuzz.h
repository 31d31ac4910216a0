/* SPDX-License-Identifier: Apache-2.0 */
/* What a fuzz target defines, and how it says that something is wrong. */
#ifndef KF_FUZZ_H
#define KF_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops there, also in builds without assertions: the fuzzer keeps the input. */
#define fuzz_check(expression)                                                         \
    do {                                                                               \
        if (!(expression)) {                                                           \
            (void)fprintf(                                                             \
                stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #expression);       \
            __builtin_trap();                                                          \
        }                                                                              \
    } while (0)

#endif
