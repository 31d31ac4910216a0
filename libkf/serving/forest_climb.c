/* SPDX-License-Identifier: Apache-2.0 */
/* A tree from its leaves up, for the rows of a block at once. */
#include <string.h>

#include "serving/forest_plan.h"

#define KF__CLIMB climb_16
#define KF__CLIMB_BYTES 16
#define KF__CLIMB_TARGET
#include "serving/forest_climb.h"

#if defined(__x86_64__)
#define KF__CLIMB climb_32
#define KF__CLIMB_BYTES 32
#define KF__CLIMB_TARGET __attribute__((target("avx2")))
#include "serving/forest_climb.h"

#define KF__CLIMB climb_64
#define KF__CLIMB_BYTES 64
#define KF__CLIMB_TARGET __attribute__((target("avx512f,avx512bw")))
#include "serving/forest_climb.h"
#endif

kf_plan_climb *kf__plan_climber(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw"))
        return climb_64;
    if (__builtin_cpu_supports("avx2"))
        return climb_32;
#endif
    return climb_16;
}
