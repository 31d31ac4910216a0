/* SPDX-License-Identifier: Apache-2.0 */
#include "search/cmaes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "search/cma.h"
#include "search/normal.h"
#include "search/sobol.h"

#define TRIES 100         /* To draw a point inside the cube. */
#define LEAST_SPREAD 1e-9 /* Where a search has converged. */
#define RESTART_STREAM (UINT64_MAX - 1)
#define WARM_SHARE 0.1 /* Of known trials, those that a search begins from. */
#define WARM_DEVIATION 0.1

/* Half the searches are shorter than what the tutorial's rates are made for. */
static const kf_cma_pace pace = {.rate = 1.3, .damping = 0.8, .bounded = true};

typedef struct member {
    double loss;
    const kf_entry *entry;
} member;

struct kf_cmaes {
    const kf_study *study;
    kf_cmaes_options options;
    size_t axes, numbers;
    size_t *number_axes; /* The axis of each number. */
    bool has_cells;      /* Whether one of them is ordered. */
    double **shares;     /* By axis: of choices; NULL: a number. */
    kf_cma *cma;
    kf_sobol *sobol; /* NULL: more axes than it has. */
    bool has_begun;
    int64_t known;           /* Trials that had ended before the first one of ours. */
    int64_t looked_at;       /* Ended trials that were, by order. */
    KF__VEC(member) waiting; /* For their generation to be whole. */
    size_t seen, own;        /* Trials, and those of ours among them. */
    /* Restarts. */
    int count;
    size_t large;    /* Points of a generation in the last large search. */
    int64_t used[2]; /* Trials of large and small searches. */
    bool is_small;
    KF__VEC(double) best; /* Of each generation of this search. */
};

/* ---- making ---- */

/* Fewer than the tutorial's 4 + 3 ln n: searches are short. */
static size_t usual_size(size_t numbers)
{
    return 4 + (size_t)(1.5 * log((double)numbers));
}

static kf_status set_axes(kf_cmaes *cmaes)
{
    cmaes->number_axes = kf__calloc(cmaes->axes, sizeof *cmaes->number_axes);
    cmaes->shares = kf__calloc(cmaes->axes, sizeof *cmaes->shares);
    if (cmaes->number_axes == NULL || cmaes->shares == NULL)
        return kf__nomem();
    for (size_t i = 0; i < cmaes->axes; i++) {
        const kf_axis *axis = kf_space_axis(cmaes->study->space, i);
        if (axis->kind != KF_AXIS_CATEGORICAL) {
            cmaes->number_axes[cmaes->numbers++] = i;
            cmaes->has_cells = cmaes->has_cells || axis->kind == KF_AXIS_ORDERED;
            continue;
        }
        cmaes->shares[i] = kf__calloc((size_t)axis->levels, sizeof **cmaes->shares);
        if (cmaes->shares[i] == NULL)
            return kf__nomem();
    }
    if (cmaes->numbers == 0)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "cmaes needs a parameter that is a number: of choices alone, random, grid "
            "or "
            "tpe can make use");
    return KF_OK;
}

/* Begin a search with generations of `size` points. */
static kf_status begin(kf_cmaes *cmaes, size_t size, const double *mean, double sigma,
    const double *covariance)
{
    if (cmaes->cma == NULL || cmaes->cma->size != size) {
        kf_cma *made;
        KF__TRY(kf__cma_new(cmaes->numbers, size, pace, &made));
        kf__cma_free(cmaes->cma);
        cmaes->cma = made;
    }
    kf__cma_begin(cmaes->cma, mean, sigma, covariance);
    for (size_t i = 0; i < cmaes->axes; i++) {
        int64_t levels = kf_space_axis(cmaes->study->space, i)->levels;
        for (int64_t k = 0; cmaes->shares[i] != NULL && k < levels; k++)
            cmaes->shares[i][k] = 1 / (double)levels;
    }
    cmaes->best.count = 0;
    return KF_OK;
}

static kf_status make(kf_cmaes *cmaes)
{
    KF__TRY(set_axes(cmaes));
    if (cmaes->options.size == 0)
        cmaes->options.size = usual_size(cmaes->numbers);
    cmaes->large = cmaes->options.size;
    if (cmaes->axes <= KF__SOBOL_AXES)
        KF__TRY(kf__sobol_new(cmaes->axes, true, cmaes->study->seed, &cmaes->sobol));
    return KF_OK;
}

kf_status kf__cmaes_new(
    const kf_study *study, const kf_cmaes_options *options, kf_cmaes **out)
{
    kf_cmaes *cmaes = kf__calloc(1, sizeof *cmaes);
    if (cmaes == NULL)
        return kf__nomem();
    cmaes->study = study;
    cmaes->options = *options;
    cmaes->axes = kf_space_count(study->space);
    kf_status status = make(cmaes);
    if (status == KF_OK)
        *out = cmaes;
    else
        kf__cmaes_free(cmaes);
    return status;
}

void kf__cmaes_free(kf_cmaes *cmaes)
{
    if (cmaes == NULL)
        return;
    for (size_t i = 0; cmaes->shares != NULL && i < cmaes->axes; i++)
        kf__free(cmaes->shares[i]);
    kf__free(cmaes->shares);
    kf__free(cmaes->number_axes);
    kf__cma_free(cmaes->cma);
    kf__sobol_free(cmaes->sobol);
    kf__vec_finish(&cmaes->waiting);
    kf__vec_finish(&cmaes->best);
    kf__free(cmaes);
}

/* ---- trials that have ended ---- */

static int compare(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int64_t before = x->entry->trial.order, after = y->entry->trial.order;
    if (x->loss != y->loss)
        return x->loss < y->loss ? -1 : 1;
    return (before > after) - (before < after);
}

static member member_of(const kf_entry *entry)
{
    double loss = kf__trial_loss(&entry->trial);
    return (member){isnan(loss) ? (double)INFINITY : loss, entry};
}

/* Those with an order from `from` to before `to`, in order; killed ones say nothing. */
static kf_status look_at(kf_cmaes *cmaes, int64_t from, int64_t to)
{
    const kf_entry **ended = kf__calloc((size_t)(to - from) + 1, sizeof(kf_entry *));
    if (ended == NULL)
        return kf__nomem();
    size_t before = cmaes->waiting.count;
    kf_status status = KF_OK;
    for (size_t i = 0; i < cmaes->study->entries.count; i++) {
        const kf_entry *entry = cmaes->study->entries.items[i];
        if (entry->trial.order >= from && entry->trial.order < to)
            ended[entry->trial.order - from] = entry;
    }
    for (int64_t i = 0; status == KF_OK && i < to - from; i++)
        if (ended[i] != NULL && ended[i]->trial.state != KF_TRIAL_KILLED)
            status = kf__vec_push(&cmaes->waiting, member_of(ended[i]));
    kf__free(ended);
    if (status == KF_OK)
        cmaes->looked_at = to;
    else
        cmaes->waiting.count = before;
    return status;
}

/* The numbers that a trial was drawn with: an ordered axis keeps the middle of the cell
 * only. */
static void numbers_of(const kf_cmaes *cmaes, const kf_entry *entry, double *numbers)
{
    const kf_value *drawn =
        cmaes->has_cells ? kf_value_get(entry->attributes, "drawn") : NULL;
    for (size_t i = 0; i < cmaes->numbers; i++) {
        double known = entry->point[cmaes->number_axes[i]];
        const kf_value *number = kf_value_at(drawn, i);
        numbers[i] = number == NULL || isnan(known) ? known : kf_value_double(number);
    }
}

/* ---- beginning ---- */

/* Mean and covariance of the best known trials (Nomura et al., "Warm starting CMA-ES",
 * 2021). Few of them give the mean alone. */
static kf_status begin_warm(kf_cmaes *cmaes, const member *known, size_t count)
{
    size_t n = cmaes->numbers, top = (size_t)ceil(WARM_SHARE * (double)count);
    double *mean = kf__calloc(n * (n + 2), sizeof *mean);
    if (mean == NULL)
        return kf__nomem();
    double *numbers = mean + n, *covariance = numbers + n;
    bool few = count < 2 * cmaes->options.size;
    for (size_t k = 0; k < top; k++) {
        numbers_of(cmaes, known[k].entry, numbers);
        for (size_t i = 0; i < n; i++)
            mean[i] += (isnan(numbers[i]) ? 0.5 : numbers[i]) / (double)top;
    }
    for (size_t k = 0; k < top; k++) {
        numbers_of(cmaes, known[k].entry, numbers);
        for (size_t i = 0; i < n * n; i++) {
            double x = numbers[i / n] - mean[i / n], y = numbers[i % n] - mean[i % n];
            covariance[i] += isnan(x * y) ? 0 : x * y / (double)top;
        }
    }
    double sigma = cmaes->options.sigma, scale = 0;
    for (size_t i = 0; i < n; i++) {
        covariance[i * n + i] += WARM_DEVIATION * WARM_DEVIATION;
        scale += covariance[i * n + i] / (double)n;
    }
    for (size_t i = 0; i < n * n; i++)
        covariance[i] /= scale;
    kf_status status = begin(cmaes, cmaes->options.size, mean,
        few ? sigma : fmin(sigma, sqrt(scale)), few ? NULL : covariance);
    kf__free(mean);
    return status;
}

static kf_status begin_somewhere(kf_cmaes *cmaes, size_t size, double sigma)
{
    kf_random random =
        kf__random(cmaes->study->seed, RESTART_STREAM - (uint64_t)cmaes->count);
    double *mean = kf__calloc(cmaes->numbers, sizeof *mean);
    if (mean == NULL)
        return kf__nomem();
    for (size_t i = 0; i < cmaes->numbers; i++)
        mean[i] = cmaes->count == 0 ? 0.5 : kf__random_uniform(&random);
    kf_status status = begin(cmaes, size, mean, sigma, NULL);
    kf__free(mean);
    return status;
}

/* How many trials had ended when the first one of ours was asked for; it notes that. */
static int64_t count_known(const kf_cmaes *cmaes)
{
    for (size_t i = 0; i < cmaes->study->entries.count; i++) {
        const kf_entry *entry = cmaes->study->entries.items[i];
        if (!entry->trial.foreign)
            return kf_value_int(kf_value_get(entry->attributes, "known"));
    }
    return cmaes->study->ended;
}

static kf_status begin_first(kf_cmaes *cmaes)
{
    int64_t known = count_known(cmaes);
    cmaes->waiting.count = 0;
    KF__TRY(look_at(cmaes, 0, known));
    size_t count = 0;
    for (size_t i = 0; i < cmaes->waiting.count; i++)
        if (isfinite(cmaes->waiting.items[i].loss))
            cmaes->waiting.items[count++] = cmaes->waiting.items[i];
    cmaes->waiting.count = 0;
    if (count > 0) {
        qsort(cmaes->waiting.items, count, sizeof(member), compare);
        KF__TRY(begin_warm(cmaes, cmaes->waiting.items, count));
    } else {
        KF__TRY(begin_somewhere(cmaes, cmaes->options.size, cmaes->options.sigma));
    }
    cmaes->known = known;
    cmaes->has_begun = true;
    return KF_OK;
}

/* ---- learning ---- */

static void learn_choices(kf_cmaes *cmaes, const member *members, double *picked)
{
    const kf_cma *cma = cmaes->cma;
    for (size_t i = 0; i < cmaes->axes; i++) {
        if (cmaes->shares[i] == NULL)
            continue;
        int64_t levels = kf_space_axis(cmaes->study->space, i)->levels;
        for (size_t k = 0; k < cma->size; k++)
            picked[k] = members[k].entry->point[i];
        double rate = cma->mass / (cma->mass + (double)levels);
        double others = (double)(levels > 1 ? levels - 1 : 1);
        kf__choice_learn(cmaes->shares[i], levels, picked, cma->weights, cma->size,
            rate, 0.5 / ((double)cma->size * others));
    }
}

static void keep_margins(kf_cmaes *cmaes)
{
    const kf_space *space = cmaes->study->space;
    double least = 1 / ((double)cmaes->axes * (double)cmaes->cma->size);
    for (size_t i = 0; i < cmaes->numbers; i++) {
        size_t axis = cmaes->number_axes[i];
        double low, high;
        cmaes->cma->mean[i] = fmin(fmax(cmaes->cma->mean[i], 0), 1);
        if (kf_space_axis(space, axis)->kind != KF_AXIS_ORDERED)
            continue;
        kf__space_cell(space, axis, cmaes->cma->mean[i], &low, &high);
        kf__cma_keep_margin(cmaes->cma, i, low <= 0 ? -(double)INFINITY : low,
            high >= 1 ? (double)INFINITY : high, least);
    }
}

/* Neither so wide that all points are on the edge, nor so narrow that they are equal. */
static void keep_spread(kf_cmaes *cmaes)
{
    double ratio, spread = kf__cma_spread(cmaes->cma, &ratio);
    if (spread > 1)
        cmaes->cma->sigma /= spread;
    if (spread < LEAST_SPREAD)
        cmaes->cma->sigma *= LEAST_SPREAD / spread;
}

static kf_status learn(kf_cmaes *cmaes, member *members)
{
    kf_cma *cma = cmaes->cma;
    size_t n = cmaes->numbers, size = cma->size;
    qsort(members, size, sizeof *members, compare);
    if (isinf(members[0].loss))
        return KF_OK;
    KF__TRY(kf__vec_grow((void **)&cmaes->best.items, cmaes->best.count,
        &cmaes->best.capacity, sizeof *cmaes->best.items));
    double *numbers = kf__alloc(size * (n + 1) * sizeof *numbers);
    const double **points = kf__alloc(size * sizeof *points);
    if (numbers == NULL || points == NULL) {
        kf__free(numbers);
        kf__free(points);
        return kf__nomem();
    }
    for (size_t k = 0; k < size; k++) {
        numbers_of(cmaes, members[k].entry, numbers + k * n);
        points[k] = numbers + k * n;
    }
    kf__cma_update(cma, points);
    learn_choices(cmaes, members, numbers + size * n);
    keep_margins(cmaes);
    keep_spread(cmaes);
    cmaes->best.items[cmaes->best.count++] = members[0].loss;
    kf__free(numbers);
    kf__free(points);
    return KF_OK;
}

/* ---- restarts ---- */

/* No step left to take, or nothing found for long. */
static bool has_converged(const kf_cmaes *cmaes)
{
    double ratio, spread = kf__cma_spread(cmaes->cma, &ratio);
    size_t count = cmaes->best.count;
    size_t span = 10 + 30 * cmaes->numbers / cmaes->cma->size;
    if (spread <= 2 * LEAST_SPREAD || ratio >= 1e7)
        return true;
    if (count < span)
        return false;
    double least = cmaes->best.items[count - 1], greatest = least;
    for (size_t i = count - span; i < count; i++) {
        least = fmin(least, cmaes->best.items[i]);
        greatest = fmax(greatest, cmaes->best.items[i]);
    }
    return greatest - least <= 1e-12;
}

/* The small searches of BIPOP (Hansen, 2009) get as many trials as the large ones. */
static kf_status restart(kf_cmaes *cmaes)
{
    size_t size = cmaes->options.size;
    double sigma = cmaes->options.sigma;
    kf_random random =
        kf__random(cmaes->study->seed, RESTART_STREAM - (uint64_t)cmaes->count);
    bool small = cmaes->options.restarts == KF__RESTARTS_BIPOP && cmaes->count > 0 &&
                 cmaes->used[1] < cmaes->used[0];
    if (small) {
        double u = kf__random_uniform(&random), v = kf__random_uniform(&random);
        size = (size_t)((double)size *
                        pow((double)cmaes->large / (2 * (double)size), u * u));
        sigma *= pow(10, -2 * v);
        size = size < cmaes->options.size ? cmaes->options.size : size;
    } else {
        size = 2 * cmaes->large;
    }
    cmaes->count++;
    kf_status status = begin_somewhere(cmaes, size, sigma);
    if (status != KF_OK) {
        cmaes->count--;
        return status;
    }
    cmaes->is_small = small;
    if (!small)
        cmaes->large = size;
    return KF_OK;
}

/* ---- catching up ---- */

static kf_status restart_if_due(kf_cmaes *cmaes)
{
    bool due = cmaes->options.restarts != KF__RESTARTS_NONE && cmaes->best.count > 0 &&
               has_converged(cmaes);
    return due ? restart(cmaes) : KF_OK;
}

static kf_status learn_all(kf_cmaes *cmaes, size_t *done)
{
    while (cmaes->waiting.count - *done >= cmaes->cma->size) {
        size_t size = cmaes->cma->size;
        KF__TRY(learn(cmaes, cmaes->waiting.items + *done));
        *done += size;
        cmaes->used[cmaes->is_small] += (int64_t)size;
        KF__TRY(restart_if_due(cmaes));
    }
    return KF_OK;
}

/* All whole generations that have ended. What fails for lack of memory is made up for
 * by the next call. */
static kf_status catch_up(kf_cmaes *cmaes)
{
    if (!cmaes->has_begun)
        KF__TRY(begin_first(cmaes));
    KF__TRY(restart_if_due(cmaes));
    int64_t ended = cmaes->study->ended;
    if (ended - cmaes->looked_at + (int64_t)cmaes->waiting.count <
        (int64_t)cmaes->cma->size)
        return KF_OK;
    KF__TRY(look_at(cmaes, cmaes->looked_at, ended));
    size_t done = 0;
    kf_status status = learn_all(cmaes, &done);
    cmaes->waiting.count -= done;
    memmove(cmaes->waiting.items, cmaes->waiting.items + done,
        cmaes->waiting.count * sizeof *cmaes->waiting.items);
    return status;
}

/* ---- asking ---- */

static size_t count_own(kf_cmaes *cmaes)
{
    for (; cmaes->seen < cmaes->study->entries.count; cmaes->seen++)
        cmaes->own += !cmaes->study->entries.items[cmaes->seen]->trial.foreign;
    return cmaes->own;
}

static bool is_inside(const double *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] < 0 || numbers[i] > 1)
            return false;
    return true;
}

/* Normal numbers that are spread more evenly than random ones, and random ones if they
 * lead outside. `uniform` are the coordinates of the sequence. */
static void draw_numbers(
    const kf_cmaes *cmaes, kf_ask *ask, const double *uniform, double *numbers)
{
    double *normal = numbers + cmaes->numbers;
    for (int i = 0; i < TRIES; i++) {
        for (size_t k = 0; k < cmaes->numbers; k++)
            normal[k] = i == 0 && cmaes->sobol != NULL
                            ? kf__normal_quantile(uniform[cmaes->number_axes[k]])
                            : kf_ask_normal(ask);
        kf__cma_sample(cmaes->cma, normal, numbers);
        if (is_inside(numbers, cmaes->numbers))
            return;
    }
    for (size_t k = 0; k < cmaes->numbers; k++)
        numbers[k] = fmin(fmax(numbers[k], 0), 1);
}

static kf_status note_drawn(const kf_cmaes *cmaes, kf_ask *ask, const double *numbers)
{
    kf_tree tree = {0};
    kf_value *list = kf__tree_list(&tree);
    for (size_t i = 0; i < cmaes->numbers; i++)
        kf__push(&tree, list, kf__tree_double(&tree, numbers[i]));
    kf_status status = kf__tree_status(&tree);
    if (status == KF_OK)
        status = kf_ask_note(ask, "drawn", list);
    kf__tree_finish(&tree);
    return status;
}

static kf_status note_known(const kf_cmaes *cmaes, kf_ask *ask)
{
    kf_value *known;
    KF__TRY(kf_value_new_int(cmaes->known, &known));
    kf_status status = kf_ask_note(ask, "known", known);
    kf_value_free(known);
    return status;
}

static kf_status draw(
    const kf_cmaes *cmaes, kf_ask *ask, double *numbers, double *point)
{
    double *uniform = numbers + 2 * cmaes->numbers;
    if (cmaes->sobol != NULL)
        kf__sobol_point(cmaes->sobol, (uint32_t)cmaes->own, uniform);
    draw_numbers(cmaes, ask, uniform, numbers);
    for (size_t i = 0; i < cmaes->numbers; i++)
        point[cmaes->number_axes[i]] = numbers[i];
    for (size_t i = 0; i < cmaes->axes; i++)
        if (cmaes->shares[i] != NULL)
            point[i] = kf__choice_draw(cmaes->shares[i],
                kf_space_axis(cmaes->study->space, i)->levels,
                cmaes->sobol != NULL ? uniform[i] : kf_ask_uniform(ask));
    if (cmaes->own == 0 && cmaes->known > 0)
        KF__TRY(note_known(cmaes, ask));
    return cmaes->has_cells ? note_drawn(cmaes, ask, numbers) : KF_OK;
}

kf_status kf__cmaes_ask(kf_cmaes *cmaes, kf_ask *ask, double *point)
{
    KF__TRY(catch_up(cmaes));
    (void)count_own(cmaes);
    double *numbers = kf__alloc((2 * cmaes->numbers + cmaes->axes) * sizeof *numbers);
    if (numbers == NULL)
        return kf__nomem();
    kf_status status = draw(cmaes, ask, numbers, point);
    kf__free(numbers);
    return status;
}
