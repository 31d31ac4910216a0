/* SPDX-License-Identifier: Apache-2.0 */
/* KernelSHAP: of any model, by its margins for the row with some of its numbers taken from
 * the background. */
#include "serving/explain_kernel.h"

#include <math.h>
#include <string.h>

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
} kernel_call;

enum { ROWS = 1024 };

/* Margins of rows of doubles. */
static kf_status score(
    const kernel_call *kernel, const double *rows, size_t count, float *floats, double *out)
{
    const kf_numeric *model = kernel->call->model;
    const void *given = rows;
    if (model->input == KF_DATATYPE_FP32) {
        for (size_t i = 0; i < count * kernel->features; i++)
            floats[i] = (float)rows[i];
        given = floats;
    }
    return model->score(model, given, count, out);
}

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
    float *floats;
    size_t count;
    size_t first; /* Of them all. */
} row_batch;

static kf_status run_batch(const kernel_call *kernel, row_batch *batch, size_t subsets)
{
    size_t others = kernel->call->options->background_count;
    KF__TRY(score(kernel, batch->rows, batch->count, batch->floats, batch->scores));
    for (size_t i = 0; i < batch->count; i++)
        for (size_t j = 0; j < kernel->outputs; j++)
            kernel->effects[j * subsets + (batch->first + i) / others] +=
                batch->scores[i * kernel->outputs + j] / (double)others;
    batch->first += batch->count;
    batch->count = 0;
    return KF_OK;
}

static void fill_row(const kernel_call *kernel, const kf_subsets *subsets, size_t subset,
    const double *other, double *out)
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

static kf_status conclude(
    const kernel_call *kernel, const kf_subsets *subsets, double *phi, double *out)
{
    size_t most = kernel->call->options->most_features;
    for (size_t i = 0; i < kernel->outputs; i++) {
        double *effects = kernel->effects + i * subsets->count;
        double expected = kernel->expected[i];
        for (size_t j = 0; j < subsets->count; j++)
            effects[j] -= expected;
        KF__TRY(kf__kernel_solve(subsets, effects, kernel->margins[i] - expected,
            most == 0 ? 10 : most, phi));
        for (size_t j = 0; j < kernel->count; j++)
            out[i * (kernel->features + 1) + kernel->varying[j]] = phi[j];
    }
    return KF_OK;
}

static kf_status explain_varying(kernel_call *kernel, row_batch *batch, double *phi, double *out)
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

static kf_status explain_row(kernel_call *kernel, row_batch *batch, double *phi, double *out)
{
    KF__TRY(score(kernel, kernel->row, 1, batch->floats, kernel->margins));
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
        KF__TRY(score(kernel, options->background + first * kernel->features, some,
            batch->floats, batch->scores));
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
    for (size_t i = 0; i < call->count; i++) {
        kernel->row = call->rows + i * kernel->features;
        KF__TRY(explain_row(kernel, batch, phi, call->out + i * each));
    }
    return KF_OK;
}

kf_status kf__explain_kernel(const kf_explaining *call)
{
    size_t features = call->model->features, outputs = call->margins.outputs;
    kernel_call kernel = {.call = call, .features = features, .outputs = outputs};
    double *numbers = kf__calloc(
        ROWS * (features + outputs) + 2 * outputs + features + 1, sizeof *numbers);
    float *floats = kf__reallocarray(NULL, ROWS * features + 1, sizeof *floats);
    kernel.varying = kf__calloc(features + 1, sizeof *kernel.varying);
    kf_status status = KF_ENOMEM;
    if (numbers != NULL && floats != NULL && kernel.varying != NULL) {
        row_batch batch = {
            .rows = numbers, .scores = numbers + ROWS * features, .floats = floats};
        kernel.expected = batch.scores + ROWS * outputs;
        kernel.margins = kernel.expected + outputs;
        status = explain_rows(&kernel, &batch, kernel.margins + outputs);
    }
    kf__free(numbers);
    kf__free(floats);
    kf__free(kernel.varying);
    return status;
}
