/* SPDX-License-Identifier: Apache-2.0 */
/* Steps before the model, done to a row, each rounded as scikit-learn does it. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "serving/model_numbers.h"

static void scale(const kf_numbers_step *step, const double *row, double *out)
{
    for (size_t i = 0; i < step->in; i++) {
        double x = row[i];
        if (step->subtract != NULL)
            x -= step->subtract[i];
        if (step->divide != NULL)
            x /= step->divide[i];
        if (step->multiply != NULL)
            x *= step->multiply[i];
        if (step->add != NULL)
            x += step->add[i];
        if (step->clips && x < step->low)
            x = step->low;
        if (step->clips && x > step->high)
            x = step->high;
        out[i] = x;
    }
}

static void normalize(const kf_numbers_step *step, const double *row, double *out)
{
    double norm = 0;
    for (size_t i = 0; i < step->in; i++)
        if (step->norm == 0)
            norm += fabs(row[i]);
        else if (step->norm == 1)
            norm += row[i] * row[i];
        else
            norm = fmax(norm, fabs(row[i]));
    if (step->norm == 1)
        norm = sqrt(norm);
    if (norm < 10 * DBL_EPSILON)
        norm = 1;
    for (size_t i = 0; i < step->in; i++)
        out[i] = row[i] / norm;
}

static bool is_missing(const kf_numbers_step *step, double x)
{
    return isnan(step->missing) ? isnan(x) : x == step->missing;
}

static void impute(const kf_numbers_step *step, const double *row, double *out)
{
    for (size_t i = 0; i < step->column_count; i++) {
        double x = row[step->columns[i]];
        out[i] = is_missing(step, x) ? step->values[i] : x;
    }
    for (size_t i = 0; i < step->flag_count; i++)
        out[step->column_count + i] = is_missing(step, row[step->flags[i]]) ? 1 : 0;
}

/* Categories rise, and NaN is the last. */
static kf_status code_of(
    const kf_numbers_step *step, size_t column, double x, double *out)
{
    size_t low = step->starts[column], high = step->starts[column + 1];
    const size_t end = high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        double category = step->categories[middle];
        if (isnan(x) ? !isnan(category) : category < x)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < end &&
        (step->categories[low] == x || (isnan(x) && isnan(step->categories[low])))) {
        *out = step->codes[low];
        return KF_OK;
    }
    if (step->unknown == NULL)
        return kf__fail(
            KF_EINVAL, NULL, "%.17g is no category that the model was trained with", x);
    *out = step->unknown[column];
    return KF_OK;
}

static kf_status encode(const kf_numbers_step *step, const double *row, double *out)
{
    for (size_t i = 0; i < step->in; i++) {
        double code = 0;
        KF__TRY(code_of(step, i, row[i], &code));
        if (step->kind == KF__STEP_ORDINAL) {
            out[i] = code;
            continue;
        }
        memset(out, 0, step->widths[i] * sizeof *out);
        if (code >= 0 && code < (double)step->widths[i])
            out[(size_t)code] = 1;
        out += step->widths[i];
    }
    return KF_OK;
}

static kf_status beside(
    const kf_numbers_step *step, const double *row, double *scratch, double *out)
{
    for (size_t i = 0; i < step->part_count; i++) {
        const kf_numbers_part *part = &step->parts[i];
        for (size_t j = 0; j < part->chain.in; j++)
            scratch[j] = row[part->columns[j]];
        KF__TRY(
            kf__numbers_apply(&part->chain, scratch, scratch + part->chain.in, out));
        out += part->chain.out;
    }
    return KF_OK;
}

static void multiply(const kf_numbers_step *step, const double *row, double *out)
{
    for (size_t i = 0; i < step->out; i++) {
        uint32_t first = step->starts[i], at = step->starts[i + 1];
        double product = at > first ? row[step->columns[--at]] : 1;
        while (at > first)
            product = row[step->columns[--at]] * product;
        out[i] = product;
    }
}

static void project(const kf_numbers_step *step, const double *row, double *out)
{
    for (size_t i = 0; i < step->out; i++) {
        const double *weights = step->matrix + i * step->in;
        double sum = 0;
        for (size_t j = 0; j < step->in; j++)
            sum += weights[j] * row[j];
        if (step->subtract != NULL)
            sum -= step->subtract[i];
        out[i] = step->divide != NULL ? sum / step->divide[i] : sum;
    }
}

static kf_status apply(
    const kf_numbers_step *step, const double *row, double *scratch, double *out)
{
    switch (step->kind) {
    case KF__STEP_SCALE:
        scale(step, row, out);
        return KF_OK;
    case KF__STEP_NORMALIZE:
        normalize(step, row, out);
        return KF_OK;
    case KF__STEP_IMPUTE:
        impute(step, row, out);
        return KF_OK;
    case KF__STEP_ORDINAL:
    case KF__STEP_ONE_HOT:
        return encode(step, row, out);
    case KF__STEP_COLUMNS:
        for (size_t i = 0; i < step->out; i++)
            out[i] = row[step->columns[i]];
        return KF_OK;
    case KF__STEP_BESIDE:
        return beside(step, row, scratch, out);
    case KF__STEP_PRODUCTS:
        multiply(step, row, out);
        return KF_OK;
    case KF__STEP_PROJECT:
        project(step, row, out);
    }
    return KF_OK;
}

kf_status kf__numbers_apply(
    const kf_numbers_chain *chain, const double *row, double *scratch, double *out)
{
    if (chain->count == 0) {
        memcpy(out, row, chain->in * sizeof *out);
        return KF_OK;
    }
    double *halves[] = {scratch, scratch + chain->widest};
    for (size_t i = 0; i < chain->count; i++) {
        double *to = i + 1 == chain->count ? out : halves[i % 2];
        KF__TRY(apply(&chain->steps[i], row, scratch + 2 * chain->widest, to));
        row = to;
    }
    return KF_OK;
}
