/* SPDX-License-Identifier: Apache-2.0 */
/* What the parameters of a request say about its explanation. */
#include "serving/explain_asked.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"

/* A text of the options, or what has a reader of its own. */
typedef struct asked_parameter {
    const char *name;
    size_t text; /* Where it is kept. */
    kf_status (*read)(const kf_value *value, size_t features, kf_explain_asked *out);
} asked_parameter;

static kf_status fault(const char *message)
{
    return kf__fail(KF_EINVAL, NULL, "%s", message);
}

static kf_status read_text(const kf_value *value, size_t place, kf_explain_asked *out)
{
    const char *text = kf_value_string(value);
    memcpy((char *)&out->options + place, &text, sizeof text);
    return text != NULL ? KF_OK : fault("expected a text");
}

static kf_status read_count(const kf_value *value, size_t most, size_t *out)
{
    int64_t number = kf_value_int(value);
    if (kf_value_kind(value) != KF_KIND_INT || number < 0 || (uint64_t)number > most)
        return kf__fail(KF_EINVAL, NULL, "expected a number from 0 to %zu", most);
    *out = (size_t)number;
    return KF_OK;
}

/* ---- each of them ---- */

static kf_status read_interactions(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    (void)features;
    if (kf_value_kind(value) != KF_KIND_BOOL)
        return fault("expected true or false");
    out->interactions = kf_value_bool(value);
    return KF_OK;
}

static kf_status read_alpha(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    kf_kind kind = kf_value_kind(value);
    (void)features;
    if (kind != KF_KIND_INT && kind != KF_KIND_DOUBLE)
        return fault("expected a number");
    out->options.alpha = kf_value_double(value);
    return KF_OK;
}

static kf_status read_samples(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    (void)features;
    return read_count(value, KF__LIMIT_EXPLAIN_SAMPLES, &out->options.samples);
}

static kf_status read_most(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    (void)features;
    return read_count(value, SIZE_MAX >> 1, &out->options.most_features);
}

static kf_status read_seed(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    size_t seed;
    (void)features;
    KF__TRY(read_count(value, SIZE_MAX >> 1, &seed));
    out->options.seed = seed;
    return KF_OK;
}

static kf_status read_row(const kf_value *row, size_t features, double *out)
{
    if (kf_value_kind(row) != KF_KIND_LIST || kf_value_length(row) != features)
        return kf__fail(KF_EINVAL, NULL,
            "expected rows of %zu numbers, the features of the model", features);
    for (size_t i = 0; i < features; i++) {
        const kf_value *number = kf_value_at(row, i);
        kf_kind kind = kf_value_kind(number);
        if (kind != KF_KIND_NULL && kind != KF_KIND_INT && kind != KF_KIND_DOUBLE)
            return fault("expected numbers, or null for what is missing");
        out[i] = kind == KF_KIND_NULL ? NAN : kf_value_double(number);
    }
    return KF_OK;
}

static kf_status read_background(
    const kf_value *value, size_t features, kf_explain_asked *out)
{
    size_t count = kf_value_length(value);
    if (kf_value_kind(value) != KF_KIND_LIST || count == 0)
        return fault("expected a list of rows");
    out->background =
        kf__reallocarray(NULL, count * features + 1, sizeof *out->background);
    if (out->background == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < count; i++)
        KF__TRY(
            read_row(kf_value_at(value, i), features, out->background + i * features));
    out->options.background = out->background;
    out->options.background_count = count;
    return KF_OK;
}

/* ---- all of them ---- */

static const asked_parameter parameters[] = {
    {.name = "alpha", .read = read_alpha},
    {.name = "background", .read = read_background},
    {.name = "interactions", .read = read_interactions},
    {.name = "link", .text = offsetof(kf_explain_options, link)},
    {.name = "method", .text = offsetof(kf_explain_options, method)},
    {.name = "most_features", .read = read_most},
    {.name = "output", .text = offsetof(kf_explain_options, output)},
    {.name = "samples", .read = read_samples},
    {.name = "seed", .read = read_seed},
    {.name = "selection", .text = offsetof(kf_explain_options, selection)},
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static const char *next_parameter(const void *state, size_t index)
{
    (void)state;
    return index < PARAMETERS ? parameters[index].name : NULL;
}

static kf_status read_one(
    const char *name, const kf_value *value, size_t features, kf_explain_asked *out)
{
    for (size_t i = 0; i < PARAMETERS; i++) {
        const asked_parameter *parameter = &parameters[i];
        if (strcmp(parameter->name, name) != 0)
            continue;
        if (kf_value_kind(value) == KF_KIND_NULL)
            return KF_OK;
        return parameter->read != NULL ? parameter->read(value, features, out)
                                       : read_text(value, parameter->text, out);
    }
    const char *nearest = kf__nearest(name, next_parameter, NULL);
    return kf__fail(KF_EINVAL, NULL,
        "no parameter of an explanation: expected alpha, background, interactions, "
        "link, "
        "method, most_features, output, samples, seed or selection%s%s%s",
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

kf_status kf__explain_asked_read(
    const kf_value *given, size_t features, kf_explain_asked *out)
{
    *out = (kf_explain_asked){.options = {.size = sizeof out->options}};
    for (size_t i = 0; i < kf_value_length(given); i++) {
        const char *name = kf_value_key(given, i);
        char place[100];
        kf_status status = read_one(name, kf_value_get(given, name), features, out);
        if (status == KF_OK)
            continue;
        (void)snprintf(place, sizeof place, "parameters.%.80s", name);
        kf__error_prefix(place);
        return status;
    }
    return KF_OK;
}

void kf__explain_asked_finish(kf_explain_asked *asked)
{
    kf__free(asked->background);
    asked->background = NULL;
}
