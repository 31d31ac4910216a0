/* SPDX-License-Identifier: Apache-2.0 */
/* The inner loops of prediction, for the instructions that the processor has. Vectors of
 * 64 bytes bring nothing: climbing waits for what was just stored. */
#include <string.h>

#include "serving/forest_plan.h"

#if defined(__GNUC__) && !defined(__clang__)
#define KF__FAST optimize("O3")
#else
#define KF__FAST unused
#endif

#define KF__ISA(name) name##_16
#define KF__ISA_BYTES 16
#define KF__ISA_TARGET __attribute__((KF__FAST))
#include "serving/forest_kernels.inc"

#if defined(__x86_64__)
#define KF__ISA(name) name##_32
#define KF__ISA_BYTES 32
#define KF__ISA_TARGET __attribute__((target("avx2"), KF__FAST))
#include "serving/forest_kernels.inc"
#endif

const kf_plan_kernels *kf__plan_kernels(bool plain)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!plain && __builtin_cpu_supports("avx2"))
        return &kernels_32;
#endif
    return &kernels_16;
}
