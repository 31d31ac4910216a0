/* SPDX-License-Identifier: Apache-2.0 */
/* Every combination once, in a random order. */
#include "base/error.h"
#include "search/grid.h"
#include "search/permute.h"
#include "search/study.h"

static kf_status open(kf_ask *question, void *payload, void **state)
{
    const kf_study *study = question->study;
    kf_grid *grid;
    KF__TRY(kf__grid_new(study->space, &grid));
    if (study->max_trials > 0 && (uint64_t)study->max_trials > grid->total) {
        kf_status status = kf__fail(KF_EINVAL, NULL,
            "the grid has %llu combinations, and %lld trials are planned: expected at "
            "most as many",
            (unsigned long long)grid->total, (long long)study->max_trials);
        kf__grid_free(grid);
        return status;
    }
    *state = grid;
    return KF_OK;
}

/* After that of the last trial of ours. */
static uint64_t next_position(const kf_study *study, const kf_grid *grid)
{
    for (size_t i = study->entries.count; i-- > 0;) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (!trial->foreign)
            return kf__permute_back(
                       study->seed, grid->total, kf__grid_number(grid, trial->point)) +
                   1;
    }
    return 0;
}

/* Whether a trial from elsewhere has it: ours have positions of their own. */
static bool is_taken(const kf_study *study, const kf_grid *grid, uint64_t number)
{
    for (size_t i = 0; i < study->entries.count; i++) {
        const kf_trial *trial = &study->entries.items[i]->trial;
        if (trial->foreign && kf__grid_number(grid, trial->point) == number)
            return true;
    }
    return false;
}

static kf_status ask(kf_ask *question, void *state, double *point)
{
    const kf_grid *grid = state;
    const kf_study *study = question->study;
    uint64_t position = next_position(study, grid);
    for (; position < grid->total; position++) {
        uint64_t number = kf__permute(study->seed, grid->total, position);
        if (is_taken(study, grid, number))
            continue;
        kf__grid_point(grid, number, point);
        return KF_OK;
    }
    return kf__fail(KF_ENOENT, NULL,
        "the grid is exhausted: each of its %llu combinations has a trial",
        (unsigned long long)grid->total);
}

static void end(void *state)
{
    kf__grid_free(state);
}

static const kf_setting settings[] = {
    {.name = "random_state", .kind = KF_KIND_INT, .least = 0, .greatest = 0x1p53},
};

const kf_sampler kf__sampler_grid = {
    .size = sizeof(kf_sampler),
    .name = "grid",
    .settings = settings,
    .setting_count = sizeof settings / sizeof *settings,
    .open = open,
    .ask = ask,
    .close = end,
};
