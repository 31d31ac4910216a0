/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "search/parzen.h"
#include "search/tpe_state.h"

#define TRIES 8 /* To find a point that no trial has. */

/* ---- who is good ---- */

/* Those without a value are bad: they failed, or run and are not to be tried again. */
static kf_tpe_role role_of(const kf_trial *trial)
{
    return trial->losses != NULL || trial->state == KF_TRIAL_KILLED ? KF__TPE_OUT
                                                                    : KF__TPE_BAD;
}

typedef struct split {
    kf_parzen good, bad;
    size_t good_count, bad_count;
} split;

static size_t good_count(const kf_tpe_rule *rule, size_t count)
{
    double good = ceil(rule->share * pow((double)count, rule->power) - 1e-9);
    good = fmin(fmax(good, 1), fmin((double)rule->most, (double)count));
    return (size_t)good;
}

static void assign(kf_tpe *tpe, const kf_tpe_rule *rule, const size_t *ranked,
    size_t count, split *into)
{
    into->good_count = good_count(rule, count);
    for (size_t i = 0; i < tpe->marks.count; i++)
        tpe->marks.items[i].role = role_of(&tpe->study->entries.items[i]->trial);
    for (size_t i = 0; i < count; i++)
        tpe->marks.items[ranked[i]].role =
            i < into->good_count ? KF__TPE_GOOD : KF__TPE_BAD;
    for (size_t i = 0; i < into->good_count; i++)
        tpe->marks.items[ranked[i]].kernel = i;
    for (size_t i = 0; i < tpe->marks.count; i++)
        if (tpe->marks.items[i].role == KF__TPE_BAD)
            tpe->marks.items[i].kernel = into->bad_count++;
}

/* Good ones by rank, as the parents of CMA-ES; bad ones all the same; then the prior. */
static void weigh(const kf_tpe_rule *rule, kf_parzen *parzen, bool by_rank)
{
    double *weights = parzen->scratch, total = 0;
    size_t count = parzen->kernels - 1;
    for (size_t i = 0; i < count; i++) {
        weights[i] = by_rank ? log((double)(count + 1)) - log((double)(i + 1)) : 1;
        total += weights[i];
    }
    for (size_t i = 0; i < count; i++)
        weights[i] *= (double)count / total;
    weights[count] = rule->prior;
    kf__parzen_weigh(parzen, weights);
}

/* ---- densities ---- */

typedef struct mixing {
    const kf_tpe *tpe;
    const kf_tpe_rule *rule;
    kf_tpe_role role;
    kf_parzen *parzen;
    kf_tpe_key *members; /* Of an axis in order, `trial` being the kernel. */
} mixing;

/* Coordinates of the role, in order, and the middle of the axis: the prior's. */
static size_t gather(const mixing *mix, size_t axis)
{
    const kf_tpe_keys *column = &mix->tpe->columns[axis];
    kf_tpe_key prior = {0.5, 0, mix->parzen->kernels - 1};
    bool has_prior = false;
    size_t count = 0;
    for (size_t i = 0; i < column->count; i++) {
        kf_tpe_key next = column->items[i];
        const kf_tpe_mark *made = &mix->tpe->marks.items[next.trial];
        if (made->role != mix->role)
            continue;
        if (!has_prior && next.at > prior.at) {
            mix->members[count++] = prior;
            has_prior = true;
        }
        next.trial = made->kernel;
        mix->members[count++] = next;
    }
    if (!has_prior)
        mix->members[count++] = prior;
    return count;
}

/* As wide as the larger distance to a neighbour. */
static void mix_numbers(const mixing *mix, size_t axis)
{
    size_t count = gather(mix, axis);
    const kf_tpe_rule *rule = mix->rule;
    bool good = mix->role == KF__TPE_GOOD;
    double least = pow((double)count, good ? -rule->sharpness : -1);
    for (size_t i = 0; i < count; i++) {
        kf_tpe_key member = mix->members[i];
        double before = i > 0 ? member.at - mix->members[i - 1].at : 0;
        double after = i + 1 < count ? mix->members[i + 1].at - member.at : 0;
        double width = fmax(before, after) * rule->breadth;
        width = fmin(fmax(width, fmax(least, member.half)), 1);
        bool is_prior = member.trial == mix->parzen->kernels - 1;
        kf__parzen_number(
            mix->parzen, axis, member.trial, member.at, is_prior ? 1 : width);
    }
}

static void mix_choices(const mixing *mix, size_t axis, int64_t levels)
{
    const kf_tpe_keys *column = &mix->tpe->columns[axis];
    size_t kernels = mix->parzen->kernels;
    double share = mix->rule->prior / (double)kernels;
    double whole = 1 + share * (double)levels;
    kf__parzen_unknown(mix->parzen, axis, kernels - 1, levels);
    for (size_t i = 0; i < column->count; i++) {
        const kf_tpe_mark *made = &mix->tpe->marks.items[column->items[i].trial];
        if (made->role == mix->role)
            kf__parzen_choice(mix->parzen, axis, made->kernel, column->items[i].at,
                (1 + share) / whole, share / whole);
    }
}

/* A kernel without a coordinate is uniform in a joint density: there it says where its
 * other coordinates are. */
static void mix_axis(const mixing *mix, size_t axis)
{
    const kf_axis *known = kf_space_axis(mix->tpe->study->space, axis);
    bool is_choice = known->kind == KF_AXIS_CATEGORICAL;
    int64_t levels = is_choice ? known->levels : 0;
    for (size_t i = 0; known->parent >= 0 && i < mix->parzen->kernels; i++) {
        if (mix->rule->joint)
            kf__parzen_unknown(mix->parzen, axis, i, levels);
        else
            kf__parzen_leave_out(mix->parzen, axis, i, levels);
    }
    if (is_choice)
        mix_choices(mix, axis, levels);
    else
        mix_numbers(mix, axis);
    if (!is_choice && known->parent < 0 && mix->rule->joint)
        kf__parzen_fold(mix->parzen, axis);
}

static kf_status mix_all(const kf_tpe *tpe, const kf_tpe_rule *rule, split *into)
{
    kf_tpe_key *members = kf__alloc((tpe->marks.count + 1) * sizeof *members);
    if (members == NULL)
        return kf__nomem();
    kf_status status = kf__parzen_start(tpe->axes, into->good_count + 1, &into->good);
    if (status == KF_OK)
        status = kf__parzen_start(tpe->axes, into->bad_count + 1, &into->bad);
    if (status == KF_OK) {
        weigh(rule, &into->good, true);
        weigh(rule, &into->bad, false);
        for (size_t i = 0; i < tpe->axes; i++) {
            mix_axis(&(mixing){tpe, rule, KF__TPE_GOOD, &into->good, members}, i);
            mix_axis(&(mixing){tpe, rule, KF__TPE_BAD, &into->bad, members}, i);
        }
    }
    kf__free(members);
    return status;
}

/* ---- where to look ---- */

typedef struct looking {
    kf_ask *ask;
    const kf_space *space;
    const kf_tpe_rule *rule;
    const split *split;
    double *point; /* The candidate. */
} looking;

static double draw(const looking *look, size_t axis, size_t kernel)
{
    const kf_axis *known = kf_space_axis(look->space, axis);
    double drawn = kf__parzen_draw(
        &look->split->good, axis, kernel, known->levels, kf_ask_uniform(look->ask));
    return kf__space_snap(look->space, axis, drawn);
}

static double score(const looking *look, size_t first, size_t last)
{
    return kf__parzen_log(&look->split->good, first, last, look->point) -
           kf__parzen_log(&look->split->bad, first, last, look->point);
}

static void look_jointly(const looking *look, double *point)
{
    size_t axes = kf_space_count(look->space);
    double most = -INFINITY;
    for (int64_t i = 0; i == 0 || i < look->rule->candidates; i++) {
        size_t kernel = kf__parzen_pick(&look->split->good, kf_ask_uniform(look->ask));
        for (size_t axis = 0; axis < axes; axis++)
            look->point[axis] = kf__space_is_active(look->space, axis, look->point)
                                    ? draw(look, axis, kernel)
                                    : (double)NAN;
        double scored = score(look, 0, axes);
        if (i == 0 || scored > most) {
            most = scored;
            memcpy(point, look->point, axes * sizeof *point);
        }
    }
}

static void look_along(const looking *look, size_t axis, double *point)
{
    const kf_parzen *good = &look->split->good;
    double most = -INFINITY;
    for (int64_t i = 0; i == 0 || i < look->rule->candidates; i++) {
        size_t kernel;
        do
            kernel = kf__parzen_pick(good, kf_ask_uniform(look->ask));
        while (kf__parzen_is_left_out(good, axis, kernel));
        look->point[axis] = draw(look, axis, kernel);
        double scored = score(look, axis, axis + 1);
        if (i == 0 || scored > most) {
            most = scored;
            point[axis] = look->point[axis];
        }
    }
}

static void look_everywhere(const looking *look, double *point)
{
    if (look->rule->joint) {
        look_jointly(look, point);
        return;
    }
    for (size_t axis = 0; axis < kf_space_count(look->space); axis++) {
        if (kf__space_is_active(look->space, axis, point))
            look_along(look, axis, point);
        else
            point[axis] = NAN;
    }
}

static bool is_same(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i])))
            return false;
    return true;
}

static bool is_known(const kf_tpe *tpe, const double *point)
{
    for (size_t i = 0; i < tpe->marks.count; i++)
        if (is_same(tpe->study->entries.items[i]->trial.point, point, tpe->axes))
            return true;
    return false;
}

static void look_at_random(const looking *look, double *point)
{
    for (size_t i = 0; i < kf_space_count(look->space); i++) {
        const kf_axis *axis = kf_space_axis(look->space, i);
        double drawn = axis->kind == KF_AXIS_CATEGORICAL
                           ? (double)kf_ask_index(look->ask, axis->levels)
                           : kf_ask_uniform(look->ask);
        point[i] = kf__space_is_active(look->space, i, point)
                       ? kf__space_snap(look->space, i, drawn)
                       : (double)NAN;
    }
}

/* A point that no trial has yet, as far as there is one; else the first one found. */
static void look_for_new(
    const kf_tpe *tpe, const looking *look, double *best, double *point)
{
    look_everywhere(look, best);
    memcpy(point, best, tpe->axes * sizeof *point);
    for (int i = 1; i < 2 * TRIES && is_known(tpe, point); i++) {
        if (i < TRIES)
            look_everywhere(look, point);
        else
            look_at_random(look, point);
    }
    if (is_known(tpe, point))
        memcpy(point, best, tpe->axes * sizeof *point);
}

kf_status kf__tpe_point(kf_tpe *tpe, kf_ask *ask, const kf_tpe_rule *rule,
    const size_t *ranked, size_t count, double *point)
{
    split parts = {0};
    double *scratch = kf__alloc(2 * tpe->axes * sizeof *scratch);
    if (scratch == NULL)
        return kf__nomem();
    assign(tpe, rule, ranked, count, &parts);
    kf_status status = mix_all(tpe, rule, &parts);
    if (status == KF_OK) {
        looking look = {ask, tpe->study->space, rule, &parts, scratch};
        look_for_new(tpe, &look, scratch + tpe->axes, point);
    }
    kf__parzen_finish(&parts.good);
    kf__parzen_finish(&parts.bad);
    kf__free(scratch);
    return status;
}
