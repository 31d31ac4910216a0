/* SPDX-License-Identifier: Apache-2.0 */
/* BOHB (Falkner, Klein, Hutter, ICML 2018): the brackets of Hyperband, whose new trials
 * are not random but come from a Parzen estimator of the trials with the most resource
 * that there are enough of. */
#include "search/halving.h"
#include "search/past.h"
#include "search/tpe.h"

#include <stdlib.h>

#include "base/error.h"

static const kf_setting settings[] = {
    KF__BRACKET_SETTINGS,
    {.name = "random_fraction",
        .kind = KF_KIND_DOUBLE,
        .fallback = "0.3333333333333333",
        .least = 0,
        .greatest = 1},
    {.name = "n_ei_candidates",
        .kind = KF_KIND_INT,
        .fallback = "64",
        .least = 1,
        .greatest = 0x1p53},
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

static kf_status open(kf_ask *question, void *payload, void **state)
{
    kf_brackets plan;
    size_t axis;
    kf_tpe *tpe;
    KF__TRY(kf__brackets_read(question, &plan, &axis));
    KF__TRY(kf__tpe_new(question->study, &tpe));
    *state = tpe;
    return KF_OK;
}

static void end(void *state)
{
    kf__tpe_free(state);
}

/* Keep those whose resource is the same as that of the most that at least `enough` have;
 * 0: there are no such. Coordinates of one value are equal. */
static size_t keep_richest(
    const kf_ask *ask, size_t axis, size_t enough, size_t *ranked, size_t count)
{
    double richest = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double resource = kf_ask_trial(ask, ranked[i])->point[axis];
        size_t same = 0;
        for (size_t j = 0; resource > richest && j < count; j++)
            same += kf_ask_trial(ask, ranked[j])->point[axis] == resource;
        if (same >= enough)
            richest = resource;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kf_ask_trial(ask, ranked[i])->point[axis] == richest)
            ranked[kept++] = ranked[i];
    return kept;
}

static kf_status model(kf_ask *question, kf_tpe *tpe, size_t axis, double *point)
{
    const kf_tpe_rule rule = {.joint = true,
        .share = 0.15,
        .power = 1,
        .most = 100,
        .candidates = kf__ask_int(question, "n_ei_candidates"),
        .prior = 1,
        .breadth = 1,
        .sharpness = 1.2};
    size_t count;
    KF__TRY(kf__tpe_update(tpe));
    const size_t *all = kf__tpe_ranked(tpe, &count);
    size_t *ranked = kf__reallocarray(NULL, count + 1, sizeof *ranked);
    if (ranked == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++)
        ranked[i] = all[i];
    size_t enough = kf_ask_axis_count(question) + 2;
    size_t kept = keep_richest(question, axis, enough, ranked, count);
    kf_status status =
        kept > 0 ? kf__tpe_point(tpe, question, &rule, ranked, kept, point) : KF_OK;
    kf__free(ranked);
    return status;
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    kf_slot slot;
    kf_brackets plan;
    size_t axis = 0;
    const kf_space *space = question->study->space;
    KF__TRY(kf__brackets_read(question, &plan, &axis));
    KF__TRY(kf__brackets_next(question, &plan, &slot));
    bool guess = kf_ask_uniform(question) < kf__ask_double(question, "random_fraction");
    if (slot.parent != NULL)
        for (size_t i = 0; i < kf_space_count(space); i++)
            point[i] = slot.parent->point[i];
    else if (!guess)
        KF__TRY(model(question, state, axis, point));
    point[axis] = kf__space_place(space, axis, slot.resource);
    return kf__slot_note(question, &slot);
}

const kf_sampler kf__sampler_bohb = {
    .size = sizeof(kf_sampler),
    .name = "bohb",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open,
    .ask = ask,
    .close = end,
};
