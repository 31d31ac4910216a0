/* SPDX-License-Identifier: Apache-2.0 */
#include "search/halving.h"
#include "search/past.h"

#include <stdlib.h>

#include "base/error.h"

/* ---- asynchronous (Li et al., "A system for massively parallel hyperparameter tuning",
 * MLSys 2020, in the form that stops instead of pausing) ---- */

/* What the trial had when it reached the resource; NAN if it has not. */
static double loss_at(const kf_ask *ask, const kf_trial *trial, double resource)
{
    double sign = ask->study->directions[0] == KF_MAXIMIZE ? -1 : 1;
    for (size_t i = 0; i < trial->observation_count; i++)
        if ((double)trial->observations[i].step >= resource)
            return sign * trial->observations[i].value;
    return (double)NAN;
}

/* The highest rung that the last report reached, and the one before it had not; NAN. */
static double rung_just_reached(const kf_rungs *rungs, const kf_trial *trial)
{
    size_t count = trial->observation_count;
    double now = (double)trial->observations[count - 1].step;
    double before = count > 1 ? (double)trial->observations[count - 2].step : -INFINITY;
    double reached = (double)NAN;
    for (double resource = rungs->least; resource <= now; resource *= rungs->eta)
        if (resource > before)
            reached = resource;
    return reached;
}

bool kf__rungs_stop(const kf_ask *ask, const kf_rungs *rungs, const kf_trial *trial)
{
    double resource =
        trial->observation_count > 0 ? rung_just_reached(rungs, trial) : (double)NAN;
    if (isnan(resource))
        return false;
    double own = loss_at(ask, trial, resource);
    size_t reached = 0, better = 0;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        double loss = loss_at(ask, kf_ask_trial(ask, i), resource);
        reached += !isnan(loss);
        better += loss < own;
    }
    double kept = fmax(1, floor((double)reached / rungs->eta));
    return (double)better >= kept;
}

/* ---- synchronous (Li et al., "Hyperband", JMLR 2018, algorithm 1) ---- */

static int rungs_of(const kf_brackets *plan, int64_t bracket)
{
    return plan->deepest - (int)(bracket % (plan->deepest + 1)) + 1;
}

kf_status kf__brackets_read(const kf_ask *ask, kf_brackets *out, size_t *resource_axis)
{
    const kf_space *space = ask->study->space;
    double most = kf_value_double(kf_ask_setting(ask, "r_l"));
    double eta = kf_value_double(kf_ask_setting(ask, "eta"));
    const char *name = kf_value_string(kf_ask_setting(ask, "resource_name"));
    KF__TRY(kf__space_find(space, name, resource_axis));
    if (kf_space_axis(space, *resource_axis)->kind == KF_AXIS_CATEGORICAL)
        return kf__fail(KF_EINVAL, name,
            "resource_name is '%.100s', a categorical parameter: expected one with "
            "numbers",
            name);
    *out = (kf_brackets){most, eta, (int)floor(log(most) / log(eta) + 1e-9)};
    return KF_OK;
}

/* How many trials rung 0 of the bracket has, and what they are given. */
static int64_t width(const kf_brackets *plan, int64_t bracket)
{
    int s = rungs_of(plan, bracket) - 1;
    return (int64_t)ceil(
        (plan->deepest + 1) * pow(plan->eta, s) / (s + 1) * (1 - 1e-12));
}

static int64_t width_at(const kf_brackets *plan, int64_t bracket, int rung)
{
    double left = (double)width(plan, bracket) * pow(plan->eta, -rung);
    return (int64_t)fmax(1, floor(left * (1 + 1e-12)));
}

static double resource_at(const kf_brackets *plan, int64_t bracket, int rung)
{
    return plan->most * pow(plan->eta, rung - (rungs_of(plan, bracket) - 1));
}

/* Trials by bracket and rung, in one pass over the study. */
typedef struct counts {
    int64_t issued, ended, with_value;
} counts;

typedef struct table {
    counts *cells; /* bracket × (deepest + 1) + rung */
    int64_t brackets;
    int rungs;
} table;

static kf_status count_all(const kf_ask *ask, const kf_brackets *plan, table *out)
{
    int64_t last = -1;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        int64_t bracket = kf__noted_int(kf_ask_trial(ask, i), "bracket");
        last = bracket > last ? bracket : last;
    }
    out->brackets = last + 2; /* One more always has room. */
    out->rungs = plan->deepest + 1;
    out->cells = kf__calloc((size_t)out->brackets * (size_t)out->rungs, sizeof(counts));
    if (out->cells == NULL)
        return kf__nomem();
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        const kf_trial *trial = kf_ask_trial(ask, i);
        int64_t bracket = kf__noted_int(trial, "bracket"),
                rung = kf__noted_int(trial, "rung");
        if (bracket < 0 || rung < 0 || rung >= out->rungs)
            continue;
        counts *cell = &out->cells[bracket * out->rungs + rung];
        cell->issued++;
        cell->ended += trial->state != KF_TRIAL_RUNNING;
        cell->with_value += trial->losses != NULL;
    }
    return KF_OK;
}

static bool is_promoted(const kf_ask *ask, const kf_trial *trial)
{
    for (size_t i = (size_t)trial->number + 1; i < kf_ask_trial_count(ask); i++)
        if (kf__noted_int(kf_ask_trial(ask, i), "promoted_from") == trial->number)
            return true;
    return false;
}

/* The best of the rung that has not been promoted yet; the first of equals. */
static const kf_trial *best_unpromoted(const kf_ask *ask, int64_t bracket, int rung)
{
    const kf_trial *best = NULL;
    for (size_t i = 0; i < kf_ask_trial_count(ask); i++) {
        const kf_trial *trial = kf_ask_trial(ask, i);
        if (kf__noted_int(trial, "bracket") == bracket &&
            kf__noted_int(trial, "rung") == rung && trial->losses != NULL &&
            (best == NULL || trial->losses[0] < best->losses[0]) &&
            !is_promoted(ask, trial))
            best = trial;
    }
    return best;
}

/* How many of the rung below go on to this one. */
static int64_t wanted(
    const kf_brackets *plan, const table *all, int64_t bracket, int rung)
{
    if (rung == 0)
        return width(plan, bracket);
    const counts *below = &all->cells[bracket * all->rungs + rung - 1];
    if (below->issued < wanted(plan, all, bracket, rung - 1) ||
        below->ended < below->issued)
        return 0;
    int64_t places = width_at(plan, bracket, rung);
    return below->with_value < places ? below->with_value : places;
}

kf_status kf__brackets_next(const kf_ask *ask, const kf_brackets *plan, kf_slot *out)
{
    table all = {0};
    KF__TRY(count_all(ask, plan, &all));
    *out = (kf_slot){.rung = -1};
    for (int64_t bracket = 0; bracket < all.brackets && out->rung < 0; bracket++) {
        for (int rung = 0; rung < rungs_of(plan, bracket) && out->rung < 0; rung++) {
            const counts *cell = &all.cells[bracket * all.rungs + rung];
            if (cell->issued >= wanted(plan, &all, bracket, rung))
                continue;
            *out = (kf_slot){bracket, rung, resource_at(plan, bracket, rung),
                rung > 0 ? best_unpromoted(ask, bracket, rung - 1) : NULL};
        }
    }
    kf__free(all.cells);
    return KF_OK;
}

kf_status kf__slot_note(kf_ask *ask, const kf_slot *slot)
{
    KF__TRY(kf__note_int(ask, "bracket", slot->bracket));
    KF__TRY(kf__note_int(ask, "rung", slot->rung));
    return slot->parent == NULL
               ? KF_OK
               : kf__note_int(ask, "promoted_from", slot->parent->number);
}
