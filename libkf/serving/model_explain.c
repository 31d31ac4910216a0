/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations that a server answers with. */
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "serving/explain_asked.h"
#include "serving/inference.h"
#include "serving/model_tensors.h"

/* An explanation on its way from rows to an answer. */
typedef struct explaining {
    const kf_numeric *self;
    kf_inference *inference;
    kf_explain_asked asked;
    kf_margins margins;
    const void *rows;
    size_t count;
    size_t width; /* Features of what is answered, and one more. */
    size_t each;  /* Numbers of a margin. */
} explaining;

/* What rows × features or rows × features × features numbers explain, and apart from it
 * what is expected; of one margin without its dimension. */
static kf_status answer_explanations(const explaining *it, const double *phi)
{
    size_t features = it->width - 1, outputs = it->margins.outputs, rank = 0;
    size_t lines = it->asked.interactions ? features : 1;
    int64_t shape[4] = {(int64_t)it->count};
    void *values, *expected;
    rank = 1;
    if (outputs != 1)
        shape[rank++] = (int64_t)outputs;
    size_t heads = rank;
    if (it->asked.interactions)
        shape[rank++] = (int64_t)features;
    shape[rank++] = (int64_t)features;
    KF__TRY(kf_inference_add_output(it->inference,
        it->asked.interactions ? "shap_interaction_values" : "shap_values",
        KF_DATATYPE_FP64, shape, rank, &values));
    KF__TRY(kf_inference_add_output(
        it->inference, "expected_value", KF_DATATYPE_FP64, shape, heads, &expected));
    double *out = values;
    for (size_t i = 0; i < it->count * outputs; i++, phi += it->each) {
        for (size_t j = 0; j < lines; j++, out += features)
            memcpy(out, phi + j * it->width, features * sizeof *out);
        ((double *)expected)[i] = phi[it->each - 1];
    }
    return KF_OK;
}

/* What one request may cost. */
static kf_status limit(explaining *it)
{
    const kf_explain_options *options = &it->asked.options;
    bool is_kernel = kf__explain_is_kernel(it->self, options);
    size_t samples = options->samples > 0 ? options->samples : 2 * it->width + 2048;
    size_t numbers, work;
    if (__builtin_mul_overflow(
            it->width, it->asked.interactions ? it->width : 1, &it->each) ||
        __builtin_mul_overflow(it->count * it->margins.outputs, it->each, &numbers) ||
        numbers > KF__LIMIT_EXPLAIN_NUMBERS)
        return kf__fail(KF_ELIMIT, NULL,
            "the explanation is over the limit of %u numbers: ask for fewer rows",
            KF__LIMIT_EXPLAIN_NUMBERS);
    if (__builtin_mul_overflow(it->count, options->background_count, &work) ||
        __builtin_mul_overflow(work, is_kernel ? samples : 1, &work) ||
        work > KF__LIMIT_EXPLAIN_WORK)
        return kf__fail(KF_ELIMIT, "parameters.background",
            "rows, times those of the background%s, are over the limit of %u",
            is_kernel ? ", times the samples" : "", KF__LIMIT_EXPLAIN_WORK);
    return KF_OK;
}

static kf_status explain_rows(explaining *it)
{
    const kf_numeric *self = it->self;
    KF__TRY(limit(it));
    size_t all = it->count * self->features;
    size_t answers = it->count * it->margins.outputs * it->each;
    double *given = kf__reallocarray(NULL, all + answers + 1, sizeof *given);
    if (given == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < all; i++)
        given[i] = self->input == KF_DATATYPE_FP32
                       ? (double)((const float *)it->rows)[i]
                       : ((const double *)it->rows)[i];
    kf_status status =
        (it->asked.interactions ? kf__explain_interactions : kf__explain)(
            self, given, it->count, &it->asked.options, given + all);
    if (status == KF_OK)
        status = answer_explanations(it, given + all);
    kf__free(given);
    return status;
}

/* What the parameters ask for in vain is for their sender to mend. */
static kf_status judge_explanation(kf_inference *inference, kf_status status)
{
    bool is_asked = inference->parameters != NULL || status == KF_EMISSING;
    if (status == KF_ELIMIT ||
        (is_asked && (status == KF_EUNSUPPORTED || status == KF_EMISSING)))
        inference->refused = true;
    return kf__tensors_judge(inference, status);
}

kf_status kf__tensors_explain(void *model, kf_inference *inference)
{
    const kf_numeric *self = model;
    explaining it = {.self = self, .inference = inference, .width = self->features + 1};
    KF__TRY(kf__tensors_to_rows(self, inference, &it.rows, &it.count));
    self->margins(self, &it.margins);
    kf_status status = kf__explain_asked_read(
        kf_inference_parameters(inference), self->features, &it.asked);
    if (status == KF_OK)
        status = explain_rows(&it);
    kf__explain_asked_finish(&it.asked);
    return judge_explanation(inference, status);
}
