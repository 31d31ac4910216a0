/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "search/cmaes_state.h"
#include "search/normal.h"

#define TRIES 100 /* To draw a point inside the cube. */

/* Half the searches are shorter than what the tutorial's rates are made for. */
static const kf_cma_pace pace = {.rate = 1.3, .damping = 0.8, .bounded = true};

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

kf_status kf__cmaes_begin(kf_cmaes *cmaes, size_t size, const double *mean,
    double sigma, const double *covariance)
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
    KF__TRY(kf__cmaes_catch_up(cmaes));
    (void)count_own(cmaes);
    double *numbers = kf__alloc((2 * cmaes->numbers + cmaes->axes) * sizeof *numbers);
    if (numbers == NULL)
        return kf__nomem();
    kf_status status = draw(cmaes, ask, numbers, point);
    kf__free(numbers);
    return status;
}
