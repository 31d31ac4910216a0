/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations of trees, from what each column of a prepared row adds to what each
 * feature does. */
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "serving/explain_tree.h"
#include "serving/inference.h"
#include "serving/model.h"

/* The plan is made at the first explanation, by whichever thread is first. */
static kf_status find_plan(
    const kf_numeric *model, const kf_forest *forest, const kf_explain_plan **out)
{
    /* The plan is no part of what the model says. */
    _Atomic(kf_explain_plan *) *kept =
        (_Atomic(kf_explain_plan *) *)(uintptr_t)&model->plan;
    kf_explain_plan *plan = atomic_load(kept), *none = NULL;
    if (plan == NULL) {
        KF__TRY(kf__explain_plan_new(forest, &plan));
        if (!atomic_compare_exchange_strong(kept, &none, plan)) {
            kf__explain_plan_free(plan);
            plan = none;
        }
    }
    *out = plan;
    return KF_OK;
}

static void gather(const kf_explaining *call, const double *phi, double scale,
    const double *expected, size_t first, size_t count)
{
    const kf_margins *margins = &call->margins;
    size_t outputs = margins->outputs, columns = margins->columns;
    size_t width = call->model->features + 1;
    for (size_t i = 0; i < count * outputs; i++) {
        double *out = call->out + (first * outputs + i) * width;
        for (size_t k = 0; k < columns; k++) {
            size_t feature = margins->sources != NULL ? margins->sources[k] : k;
            out[feature] += phi[i * columns + k] * scale;
        }
        out[width - 1] += expected[i % outputs] * scale;
    }
}

/* The same of pairs: both halves are of the features that their columns are made of. */
static void gather_pairs(const kf_explaining *call, const double *pairs,
    const double *expected, size_t first, size_t count)
{
    const kf_margins *margins = &call->margins;
    size_t outputs = margins->outputs, columns = margins->columns;
    size_t width = call->model->features + 1;
    const uint32_t *sources = margins->sources;
    for (size_t i = 0; i < count * outputs; i++) {
        double *out = call->out + (first * outputs + i) * width * width;
        const double *own = pairs + i * columns * columns;
        for (size_t j = 0; j < columns; j++)
            for (size_t k = 0; k < columns; k++)
                out[(sources != NULL ? sources[j] : j) * width +
                    (sources != NULL ? sources[k] : k)] += own[j * columns + k];
        out[width * width - 1] += expected[i % outputs];
    }
}

static kf_status by_path(const kf_explaining *call, const char *rows, size_t size,
    size_t first, size_t count, double *phi)
{
    const kf_forest *forest = call->margins.forest;
    const kf_explain_plan *plan = NULL;
    KF__TRY(find_plan(call->model, forest, &plan));
    if (call->pairs) {
        KF__TRY(kf__explain_pairs(forest, plan, rows + first * size, count, phi));
        gather_pairs(call, phi, plan->expected, first, count);
        return KF_OK;
    }
    KF__TRY(kf__explain_by_path(forest, plan, rows + first * size, count, phi));
    gather(call, phi, 1, plan->expected, first, count);
    return KF_OK;
}

static kf_status by_background(const kf_explaining *call, const char *rows, size_t size,
    const void *background, size_t first, size_t count, double *phi)
{
    const kf_forest *forest = call->margins.forest;
    size_t others = call->options->background_count;
    double *expected = kf__calloc(forest->outputs + 1, sizeof *expected);
    if (expected == NULL)
        return KF_ENOMEM;
    kf_status status = kf__explain_by_background(
        forest, rows + first * size, count, background, others, phi, expected);
    if (status == KF_OK)
        gather(call, phi, 1 / (double)others, expected, first, count);
    kf__free(expected);
    return status;
}

/* ---- probabilities ---- */

/* Margins and probabilities of rows. */
typedef struct responses {
    double *margins;
    double *made;
} responses;

static kf_status respond(
    const kf_explaining *call, const double *rows, size_t count, responses *out)
{
    kf_explaining plain = *call;
    size_t numbers = count * call->margins.outputs;
    plain.probabilities = false;
    out->margins = kf__reallocarray(NULL, 2 * numbers + 1, sizeof *out->margins);
    if (out->margins == NULL)
        return KF_ENOMEM;
    out->made = out->margins + numbers;
    KF__TRY(kf__explain_score(&plain, rows, count, out->margins));
    memcpy(out->made, out->margins, numbers * sizeof *out->made);
    call->margins.respond(call->model, out->made, count);
    return KF_OK;
}

/* phi, of margins, in the measure of what comes of them beside one of the background. */
static void rescale(const kf_explaining *call, double *phi, const responses *rows,
    const responses *others, size_t row, size_t other)
{
    size_t outputs = call->margins.outputs, columns = call->margins.columns;
    double divisor = call->margins.divisor != 0 ? call->margins.divisor : 1;
    for (size_t j = 0; j < outputs; j++) {
        size_t own = row * outputs + j, beside = other * outputs + j;
        double way = rows->margins[own] - others->margins[beside];
        double factor = way != 0 ? (rows->made[own] - others->made[beside]) / way : 1;
        for (size_t k = 0; k < columns; k++)
            phi[j * columns + k] *= factor / divisor;
    }
}

static kf_status explain_probabilities(const kf_explaining *call, const char *rows,
    const char *background, const responses *own, const responses *others, double *phi)
{
    const kf_forest *forest = call->margins.forest;
    size_t size = call->margins.columns * kf__datatype_size(forest->input);
    size_t outputs = call->margins.outputs, each = outputs * call->margins.columns;
    size_t count = call->options->background_count;
    double *sums = kf__calloc(outputs + 1, sizeof *sums);
    kf_status status = sums != NULL ? KF_OK : KF_ENOMEM;
    for (size_t i = 0; status == KF_OK && i < call->count; i++)
        for (size_t j = 0; status == KF_OK && j < count; j++) {
            memset(phi, 0, each * sizeof *phi);
            status = kf__explain_by_background(
                forest, rows + i * size, 1, background + j * size, 1, phi, sums);
            rescale(call, phi, own, others, i, j);
            gather(call, phi, 1 / (double)count, others->made + j * outputs, i, 1);
        }
    kf__free(sums);
    return status;
}

static kf_status by_probability(
    const kf_explaining *call, const char *rows, const char *background, double *phi)
{
    responses own = {0}, others = {0};
    const kf_explain_options *options = call->options;
    kf_status status = respond(call, call->rows, call->count, &own);
    if (status == KF_OK)
        status = respond(call, options->background, options->background_count, &others);
    if (status == KF_OK)
        status = explain_probabilities(call, rows, background, &own, &others, phi);
    kf__free(own.margins);
    kf__free(others.margins);
    return status;
}

/* ---- rows ---- */

kf_status kf__explain_trees(const kf_explaining *call)
{
    enum { ROWS = 64 };
    const kf_margins *margins = &call->margins;
    size_t others = call->options->background_count;
    size_t size = margins->columns * kf__datatype_size(margins->forest->input);
    size_t each = margins->outputs * margins->columns;
    size_t block = call->count < ROWS ? call->count : ROWS;
    if (call->pairs) {
        each *= margins->columns;
        block = 1;
    }
    void *rows = NULL, *background = NULL;
    double *phi = kf__reallocarray(NULL, block * each + 1, sizeof *phi);
    kf_status status = phi != NULL ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = kf__explain_prepare(call, call->rows, call->count, &rows);
    if (status == KF_OK && others > 0)
        status =
            kf__explain_prepare(call, call->options->background, others, &background);
    if (status == KF_OK && call->probabilities)
        status = by_probability(call, rows, background, phi);
    for (size_t first = 0;
         status == KF_OK && !call->probabilities && first < call->count;
         first += block) {
        size_t some = call->count - first < block ? call->count - first : block;
        memset(phi, 0, some * each * sizeof *phi);
        status = others > 0
                     ? by_background(call, rows, size, background, first, some, phi)
                     : by_path(call, rows, size, first, some, phi);
    }
    if (status == KF_OK && !call->probabilities)
        status = kf__explain_end(call);
    kf__free(phi);
    kf__free(rows);
    kf__free(background);
    return status;
}
