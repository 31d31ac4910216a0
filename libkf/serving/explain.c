/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a model is explained by; and the simple one, of linear models. */
#include "serving/explain.h"

#include <string.h>

#include "base/mem.h"
#include "base/options.h"
#include "serving/model.h"

size_t kf_model_margin_count(const kf_model *model)
{
    kf_margins margins = {0};
    if (model->numeric != NULL && model->numeric->margins != NULL)
        model->numeric->margins(model->numeric, &margins);
    return margins.outputs;
}

/* ---- linear ---- */

/* The mean of the prepared background, or what the model knows of its training rows. */
static kf_status find_mean(const kf_explaining *call, double *out)
{
    size_t columns = call->margins.columns, count = call->options->background_count;
    void *made = NULL;
    if (count == 0) {
        memcpy(out, call->margins.mean, columns * sizeof *out);
        return KF_OK;
    }
    KF__TRY(kf__explain_prepare(call, call->options->background, count, &made));
    const double *rows = made;
    memset(out, 0, columns * sizeof *out);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < columns; j++)
            out[j] += rows[i * columns + j];
    for (size_t j = 0; j < columns; j++)
        out[j] /= (double)count;
    kf__free(made);
    return KF_OK;
}

static void explain_linear(
    const kf_explaining *call, const double *rows, const double *mean)
{
    const kf_margins *margins = &call->margins;
    size_t columns = margins->columns, width = call->model->features + 1, step = 1;
    if (call->pairs) { /* Each feature is on its own: the diagonal. */
        step = width + 1;
        width *= width;
    }
    for (size_t i = 0; i < call->count; i++)
        for (size_t j = 0; j < margins->outputs; j++) {
            double *out = call->out + (i * margins->outputs + j) * width;
            const double *weights = margins->coefficients + j * columns;
            for (size_t k = 0; k < columns; k++) {
                size_t feature = margins->sources != NULL ? margins->sources[k] : k;
                out[feature * step] += weights[k] * (rows[i * columns + k] - mean[k]);
                out[width - 1] += weights[k] * mean[k];
            }
        }
}

kf_status kf__explain_linear(const kf_explaining *call)
{
    void *rows = NULL;
    double *mean = kf__calloc(call->margins.columns + 1, sizeof *mean);
    kf_status status = mean != NULL ? find_mean(call, mean) : KF_ENOMEM;
    if (status == KF_OK)
        status = kf__explain_prepare(call, call->rows, call->count, &rows);
    if (status == KF_OK)
        explain_linear(call, rows, mean);
    if (status == KF_OK)
        status = kf__explain_end(call);
    kf__free(rows);
    kf__free(mean);
    return status;
}

/* ---- rows ---- */

kf_status kf__explain_prepare(
    const kf_explaining *call, const double *rows, size_t count, void **out)
{
    const kf_numeric *model = call->model;
    const kf_forest *forest = call->margins.forest;
    size_t columns = call->margins.columns;
    bool floats = forest != NULL && forest->input == KF_DATATYPE_FP32;
    void *made = kf__reallocarray(
        NULL, count * columns + 1, floats ? sizeof(float) : sizeof(double));
    kf_status status = made != NULL ? KF_OK : KF_ENOMEM;
    if (status == KF_OK && model->prepare != NULL)
        status = model->prepare(model, rows, count, made);
    else if (status == KF_OK) {
        for (size_t i = 0; i < count * columns; i++)
            if (floats)
                ((float *)made)[i] = (float)rows[i];
            else
                ((double *)made)[i] = rows[i];
    }
    if (status != KF_OK)
        kf__free(made);
    else
        *out = made;
    return status;
}

kf_status kf__explain_score(
    const kf_explaining *call, const double *rows, size_t count, double *out)
{
    const kf_numeric *model = call->model;
    const void *given = rows;
    float *floats = NULL;
    if (model->input == KF_DATATYPE_FP32) {
        floats = kf__reallocarray(NULL, count * model->features + 1, sizeof *floats);
        if (floats == NULL)
            return KF_ENOMEM;
        for (size_t i = 0; i < count * model->features; i++)
            floats[i] = (float)rows[i];
        given = floats;
    }
    kf_status status = model->score(model, given, count, out);
    if (status == KF_OK && call->probabilities)
        call->margins.respond(model, out, count);
    kf__free(floats);
    return status;
}

/* The bases go to what is expected; and what was summed is divided. */
kf_status kf__explain_end(const kf_explaining *call)
{
    size_t outputs = call->margins.outputs, width = call->model->features + 1;
    width *= call->pairs ? width : 1;
    double *bases = kf__calloc(outputs + 1, sizeof *bases);
    if (bases == NULL)
        return KF_ENOMEM;
    call->model->bases(call->model, bases);
    for (size_t i = 0; i < call->count * outputs; i++) {
        double *out = call->out + i * width;
        out[width - 1] += bases[i % outputs];
        for (size_t j = 0; call->margins.divisor != 0 && j < width; j++)
            out[j] /= call->margins.divisor;
    }
    kf__free(bases);
    return KF_OK;
}

/* ---- which way ---- */

static bool is_mixed(const kf_margins *margins)
{
    for (size_t i = 0; margins->sources != NULL && i < margins->columns; i++)
        if (margins->sources[i] == KF__MIXED)
            return true;
    return false;
}

static bool has_trees(const kf_margins *margins)
{
    return margins->forest != NULL && margins->forest->linear.count == 0 &&
           !is_mixed(margins);
}

static kf_status refuse_link(const kf_explaining *call)
{
    const char *link = call->options->link;
    return link == NULL || strcmp(link, "identity") == 0
               ? KF_OK
               : kf__fail(KF_EUNSUPPORTED, "link", "a link is of the method 'kernel'");
}

/* As a share of what each row of the background, alone, makes of it. */
static kf_status check_probabilities(const kf_explaining *call)
{
    if (!call->probabilities)
        return KF_OK;
    if (!call->margins.is_apart)
        return kf__fail(KF_EUNSUPPORTED, "output",
            "'tree' explains probabilities that are made of one margin each: expected "
            "the method 'kernel'");
    if (call->options->background_count == 0)
        return kf__fail(KF_EMISSING, "background",
            "probabilities of trees are explained beside others: expected rows to "
            "compare with");
    return KF_OK;
}

static kf_status by_trees(const kf_explaining *call)
{
    KF__TRY(refuse_link(call));
    if (!has_trees(&call->margins))
        return kf__fail(KF_EUNSUPPORTED, "method",
            "'tree' needs a model that is a sum of trees with constant leaves, before "
            "which each number of a row stays apart");
    if (call->pairs && call->options->background_count > 0)
        return kf__fail(KF_EUNSUPPORTED, "background",
            "interactions of trees follow the training rows: expected no background");
    KF__TRY(check_probabilities(call));
    return kf__explain_trees(call);
}

static kf_status by_weights(const kf_explaining *call)
{
    const kf_margins *margins = &call->margins;
    KF__TRY(refuse_link(call));
    if (call->probabilities)
        return kf__fail(KF_EUNSUPPORTED, "output",
            "'linear' explains margins: expected the method 'kernel'");
    if (margins->coefficients == NULL || is_mixed(margins))
        return kf__fail(KF_EUNSUPPORTED, "method",
            "'linear' needs a linear model, before which each number of a row stays "
            "apart");
    if (call->options->background_count == 0 && margins->mean == NULL)
        return kf__fail(KF_EMISSING, "background",
            "the model does not tell the mean of its training rows: expected rows to "
            "compare with");
    return kf__explain_linear(call);
}

static kf_status by_kernel(const kf_explaining *call)
{
    if (call->pairs)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "the model is explained by 'kernel', which tells no interactions: they "
            "need "
            "a sum of trees or a linear model, before which each number of a row stays "
            "apart");
    if (call->options->background_count == 0)
        return kf__fail(KF_EMISSING, "background",
            "the model is explained by 'kernel': expected rows to compare with");
    return kf__explain_kernel(call);
}

/* What but `kernel` can do it, if no method is told. */
static bool has_own(const kf_explaining *call)
{
    const kf_margins *margins = &call->margins;
    if (call->options->link != NULL && strcmp(call->options->link, "identity") != 0)
        return false;
    if (has_trees(margins))
        return !call->probabilities || margins->is_apart;
    return margins->coefficients != NULL && !is_mixed(margins) && !call->probabilities;
}

static kf_status by_default(const kf_explaining *call)
{
    if (!has_own(call))
        return by_kernel(call);
    return has_trees(&call->margins) ? by_trees(call) : by_weights(call);
}

static kf_status take_output(kf_explaining *call)
{
    const char *output = call->options->output;
    call->probabilities = output != NULL && strcmp(output, "probability") == 0;
    if (output != NULL && !call->probabilities && strcmp(output, "margin") != 0)
        return kf__fail(KF_EINVAL, "output",
            "'%.60s' is nothing to explain: expected margin or probability", output);
    if (call->probabilities && call->margins.respond == NULL)
        return kf__fail(KF_EUNSUPPORTED, "output", "the model makes no probabilities");
    if (call->probabilities && call->pairs)
        return kf__fail(KF_EUNSUPPORTED, "output",
            "interactions are those of margins: expected no output");
    return KF_OK;
}

static kf_status explain(const kf_explaining *call)
{
    static const struct {
        const char *name;
        kf_status (*explain)(const kf_explaining *call);
    } methods[] = {{"tree", by_trees}, {"linear", by_weights}, {"kernel", by_kernel}};
    const char *method = call->options->method;
    if (method == NULL)
        return by_default(call);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, method) == 0)
            return methods[i].explain(call);
    return kf__fail(KF_EINVAL, "method",
        "no method '%.60s': expected tree, linear or kernel", method);
}

bool kf__explain_is_kernel(const kf_numeric *model, const kf_explain_options *options)
{
    kf_explaining call = {.model = model, .options = options};
    if (options->method != NULL)
        return strcmp(options->method, "kernel") == 0;
    model->margins(model, &call.margins);
    call.probabilities =
        options->output != NULL && strcmp(options->output, "probability") == 0;
    return !has_own(&call);
}

static kf_status begin(kf_explaining *call)
{
    size_t width = call->model->features + 1;
    if (call->model->margins == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL, "the model cannot be explained");
    call->model->margins(call->model, &call->margins);
    KF__TRY(take_output(call));
    size_t numbers = call->count * call->margins.outputs * width;
    memset(call->out, 0, numbers * (call->pairs ? width : 1) * sizeof *call->out);
    return explain(call);
}

kf_status kf__explain(const kf_numeric *model, const double *rows, size_t count,
    const kf_explain_options *options, double *out)
{
    return begin(&(kf_explaining){
        .model = model, .options = options, .rows = rows, .count = count, .out = out});
}

kf_status kf__explain_interactions(const kf_numeric *model, const double *rows,
    size_t count, const kf_explain_options *options, double *out)
{
    return begin(&(kf_explaining){.model = model,
        .options = options,
        .rows = rows,
        .count = count,
        .pairs = true,
        .out = out});
}

static kf_status take(const kf_model *model, const double *rows, size_t row_count,
    size_t column_count, const kf_explain_options *options, bool pairs, double *out)
{
    KF__REQUIRE(model != NULL && (row_count == 0 || (rows != NULL && out != NULL)));
    KF__TAKE_OPTIONS(kf_explain_options, chosen, options);
    KF__REQUIRE(chosen.background != NULL || chosen.background_count == 0);
    KF__TRY(kf__model_check_rows(model, column_count));
    if (row_count == 0)
        return KF_OK;
    return pairs
               ? kf__explain_interactions(model->numeric, rows, row_count, &chosen, out)
               : kf__explain(model->numeric, rows, row_count, &chosen, out);
}

kf_status kf_model_explain(const kf_model *model, const double *rows, size_t row_count,
    size_t column_count, const kf_explain_options *options, double *out)
{
    return take(model, rows, row_count, column_count, options, false, out);
}

kf_status kf_model_explain_interactions(const kf_model *model, const double *rows,
    size_t row_count, size_t column_count, const kf_explain_options *options,
    double *out)
{
    return take(model, rows, row_count, column_count, options, true, out);
}
