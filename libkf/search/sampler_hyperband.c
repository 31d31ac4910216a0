/* SPDX-License-Identifier: Apache-2.0 */
/* Hyperband: one parameter is the resource; the algorithm sets it, draws the others, and
 * begins the best of each rung anew with more. Where a rung waits for trials that run,
 * the next bracket is begun, so that there is always something to do. */
#include "search/halving.h"

#include "base/error.h"

static const kf_setting settings[] = {
    KF__BRACKET_SETTINGS,
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

static kf_status open(kf_ask *ask, void *payload, void **state)
{
    kf_brackets plan;
    size_t axis;
    return kf__brackets_read(ask, &plan, &axis);
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf_slot slot;
    kf_brackets plan;
    size_t axis = 0;
    const kf_space *space = question->study->space;
    KF__TRY(kf__brackets_read(question, &plan, &axis));
    KF__TRY(kf__brackets_next(question, &plan, &slot));
    if (slot.parent != NULL)
        for (size_t i = 0; i < kf_space_count(space); i++)
            point[i] = slot.parent->point[i];
    point[axis] = kf__space_place(space, axis, slot.resource);
    return kf__slot_note(question, &slot);
}

const kf_sampler kf__sampler_hyperband = {
    .size = sizeof(kf_sampler),
    .name = "hyperband",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open,
    .ask = ask,
};
