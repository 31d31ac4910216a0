/* SPDX-License-Identifier: Apache-2.0 */
/* Every parameter from its distribution, independently: what is left open in a point is
 * drawn so. */
#include "search/sampler.h"

static kf_status ask(kf_ask *question, void *state, double *point)
{
    return KF_OK;
}

static const kf_setting settings[] = {
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_random = {
    .size = sizeof(kf_sampler),
    .name = "random",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .ask = ask,
};
