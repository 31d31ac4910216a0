/* SPDX-License-Identifier: Apache-2.0 */
/* KernelSHAP: of any model, by its margins for the row with some of its numbers taken from
 * the background. */
#include "serving/explain_kernel.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "serving/explain.h"
#include "serving/model.h"

/* One row on its way. */
typedef struct kernel_call {
    const kf_explaining *call;
    size_t features, outputs;
    const double *row;
    size_t *varying;  /* Features in which a row of the background differs. */
    size_t count;     /* Of those. */
    double *expected; /* Mean margins of the background. */
    double *margins;  /* Of the row. */
    double *effects;  /* Of the subsets, output by output. */
    bool is_logit;    /* The link, of all of these but the effects. */
    kf_selection selection;
} kernel_call;

enum { ROWS = 1024 };

/* numpy.allclose, with NaN the same as NaN. */
static bool is_close(double a, double b)
{
    return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-8 + 1e-5 * fabs(b);
}

static void find_varying(kernel_call *kernel)
{
    const kf_explain_options *options = kernel->call->options;
    kernel->count = 0;
    for (size_t i = 0; i < kernel->features; i++)
        for (size_t j = 0; j < options->background_count; j++)
            if (!is_close(
                    kernel->row[i], options->background[j * kernel->features + i])) {
                kernel->varying[kernel->count++] = i;
                break;
            }
}

/* ---- margins of subsets ---- */

/* Rows that wait for their margins: each row of the background for a subset. */
typedef struct row_batch {
    double *rows;
    double *scores;
    size_t count;
    size_t first; /* Of them all. */
} row_batch;

static kf_status run_batch(const kernel_call *kernel, row_batch *batch, size_t subsets)
{
    size_t others = kernel->call->options->background_count;
    KF__TRY(kf__explain_score(kernel->call, batch->rows, batch->count, batch->scores));
    for (size_t i = 0; i < batch->count; i++)
        for (size_t j = 0; j < kernel->outputs; j++)
            kernel->effects[j * subsets + (batch->first + i) / others] +=
                batch->scores[i * kernel->outputs + j] / (double)others;
    batch->first += batch->count;
    batch->count = 0;
    return KF_OK;
}

static void fill_row(const kernel_call *kernel, const kf_subsets *subsets,
    size_t subset, const double *other, double *out)
{
    memcpy(out, other, kernel->features * sizeof *out);
    for (size_t i = 0; i < kernel->count; i++)
        if (kf__subset_has(subsets, subset, i))
            out[kernel->varying[i]] = kernel->row[kernel->varying[i]];
}

static kf_status run_subsets(
    const kernel_call *kernel, const kf_subsets *subsets, row_batch *batch)
{
    const kf_explain_options *options = kernel->call->options;
    memset(
        kernel->effects, 0, subsets->count * kernel->outputs * sizeof *kernel->effects);
    batch->count = batch->first = 0;
    for (size_t i = 0; i < subsets->count; i++)
        for (size_t j = 0; j < options->background_count; j++) {
            fill_row(kernel, subsets, i, options->background + j * kernel->features,
                batch->rows + batch->count * kernel->features);
            if (++batch->count == ROWS)
                KF__TRY(run_batch(kernel, batch, subsets->count));
        }
    return run_batch(kernel, batch, subsets->count);
}

/* ---- rows ---- */

static kf_status link(const kernel_call *kernel, double *numbers, size_t count)
{
    for (size_t i = 0; kernel->is_logit && i < count; i++) {
        if (!(numbers[i] > 0 && numbers[i] < 1))
            return kf__fail(KF_EINVAL, "link",
                "%g has no logit: expected probabilities over 0 and below 1",
                numbers[i]);
        numbers[i] = log(numbers[i] / (1 - numbers[i]));
    }
    return KF_OK;
}

static kf_status conclude(
    const kernel_call *kernel, const kf_subsets *subsets, double *phi, double *out)
{
    for (size_t i = 0; i < kernel->outputs; i++) {
        double *effects = kernel->effects + i * subsets->count;
        double expected = kernel->expected[i];
        KF__TRY(link(kernel, effects, subsets->count));
        for (size_t j = 0; j < subsets->count; j++)
            effects[j] -= expected;
        KF__TRY(kf__kernel_solve(
            subsets, effects, kernel->margins[i] - expected, &kernel->selection, phi));
        for (size_t j = 0; j < kernel->count; j++)
            out[i * (kernel->features + 1) + kernel->varying[j]] = phi[j];
    }
    return KF_OK;
}

static kf_status explain_varying(
    kernel_call *kernel, row_batch *batch, double *phi, double *out)
{
    const kf_explain_options *options = kernel->call->options;
    size_t samples = options->samples > 0 ? options->samples : 2 * kernel->count + 2048;
    kf_subsets subsets;
    kf_status status =
        kf__subsets_choose(kernel->count, samples, options->seed, &subsets);
    if (status == KF_OK) {
        kernel->effects = kf__reallocarray(
            NULL, (subsets.count + 1) * kernel->outputs, sizeof *kernel->effects);
        status =
            kernel->effects != NULL ? run_subsets(kernel, &subsets, batch) : KF_ENOMEM;
        if (status == KF_OK)
            status = conclude(kernel, &subsets, phi, out);
        kf__free(kernel->effects);
    }
    kf__subsets_finish(&subsets);
    return status;
}

static kf_status explain_row(
    kernel_call *kernel, row_batch *batch, double *phi, double *out)
{
    KF__TRY(kf__explain_score(kernel->call, kernel->row, 1, kernel->margins));
    KF__TRY(link(kernel, kernel->margins, kernel->outputs));
    find_varying(kernel);
    for (size_t i = 0; i < kernel->outputs; i++) {
        double *own = out + i * (kernel->features + 1);
        own[kernel->features] = kernel->expected[i];
        if (kernel->count == 1)
            own[kernel->varying[0]] = kernel->margins[i] - kernel->expected[i];
    }
    return kernel->count > 1 ? explain_varying(kernel, batch, phi, out) : KF_OK;
}

static kf_status expect(kernel_call *kernel, row_batch *batch)
{
    const kf_explain_options *options = kernel->call->options;
    for (size_t first = 0; first < options->background_count; first += ROWS) {
        size_t left = options->background_count - first;
        size_t some = left < ROWS ? left : ROWS;
        KF__TRY(kf__explain_score(kernel->call,
            options->background + first * kernel->features, some, batch->scores));
        for (size_t i = 0; i < some * kernel->outputs; i++)
            kernel->expected[i % kernel->outputs] +=
                batch->scores[i] / (double)options->background_count;
    }
    return KF_OK;
}

static kf_status explain_rows(kernel_call *kernel, row_batch *batch, double *phi)
{
    const kf_explaining *call = kernel->call;
    size_t each = kernel->outputs * (kernel->features + 1);
    KF__TRY(expect(kernel, batch));
    KF__TRY(link(kernel, kernel->expected, kernel->outputs));
    for (size_t i = 0; i < call->count; i++) {
        kernel->row = call->rows + i * kernel->features;
        KF__TRY(explain_row(kernel, batch, phi, call->out + i * each));
    }
    return KF_OK;
}

static kf_status choose_link(const char *link, bool *is_logit)
{
    *is_logit = link != NULL && strcmp(link, "logit") == 0;
    return link == NULL || *is_logit || strcmp(link, "identity") == 0
               ? KF_OK
               : kf__fail(KF_EINVAL, "link",
                     "no link '%.60s': expected identity or logit", link);
}

static kf_status choose_selection(const kf_explain_options *options, kf_selection *out)
{
    static const char *const kinds[] = {"most", "aic", "bic", "lasso"};
    const char *kind = options->selection != NULL ? options->selection : kinds[0];
    size_t most = options->most_features;
    *out = (kf_selection){.most = most == 0 ? 10 : most, .alpha = options->alpha};
    for (int i = 0; i < 4; i++)
        if (strcmp(kinds[i], kind) == 0) {
            out->kind = (kf_selection_kind)i;
            return i < 3 || options->alpha > 0
                       ? KF_OK
                       : kf__fail(KF_EINVAL, "alpha", "expected a penalty over 0");
        }
    return kf__fail(KF_EINVAL, "selection",
        "no selection '%.60s': expected most, aic, bic or lasso", kind);
}

kf_status kf__explain_kernel(const kf_explaining *call)
{
    size_t features = call->model->features, outputs = call->margins.outputs;
    kernel_call kernel = {.call = call, .features = features, .outputs = outputs};
    KF__TRY(choose_link(call->options->link, &kernel.is_logit));
    KF__TRY(choose_selection(call->options, &kernel.selection));
    double *numbers = kf__calloc(
        ROWS * (features + outputs) + 2 * outputs + features + 1, sizeof *numbers);
    kernel.varying = kf__calloc(features + 1, sizeof *kernel.varying);
    kf_status status = KF_ENOMEM;
    if (numbers != NULL && kernel.varying != NULL) {
        row_batch batch = {.rows = numbers, .scores = numbers + ROWS * features};
        kernel.expected = batch.scores + ROWS * outputs;
        kernel.margins = kernel.expected + outputs;
        status = explain_rows(&kernel, &batch, kernel.margins + outputs);
    }
    kf__free(numbers);
    kf__free(kernel.varying);
    return status;
}
