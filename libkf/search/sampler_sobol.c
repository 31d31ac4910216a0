/* SPDX-License-Identifier: Apache-2.0 */
/* The points of a Sobol sequence, scrambled unless told otherwise. */
#include <math.h>

#include "search/past.h"
#include "search/sobol.h"

static kf_status open(kf_ask *question, void *payload, void **state)
{
    kf_sobol *sobol;
    bool scrambled = kf_value_bool(kf_ask_setting(question, "scramble"));
    kf_status status = kf__sobol_new(
        kf_ask_axis_count(question), scrambled, question->study->seed, &sobol);
    if (status == KF_OK)
        *state = sobol;
    return status;
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf__sobol_point(state, (uint32_t)kf__past_own(question), point);
    for (size_t i = 0; i < kf_ask_axis_count(question); i++) {
        const kf_axis *axis = kf_ask_axis(question, i);
        if (axis->kind == KF_AXIS_CATEGORICAL)
            point[i] = floor(point[i] * (double)axis->levels);
    }
    return KF_OK;
}

static void end(void *state)
{
    kf__sobol_free(state);
}

static const kf_setting settings[] = {
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
    {.name = "scramble", .kind = KF_KIND_BOOL, .fallback = "true"},
};

const kf_sampler kf__sampler_sobol = {
    .size = sizeof(kf_sampler),
    .name = "sobol",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open,
    .ask = ask,
    .close = end,
};
