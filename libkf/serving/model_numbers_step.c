/* SPDX-License-Identifier: Apache-2.0 */
/* Steps before the model, read from the description. */
#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "serving/model_numbers.h"

static const char *const kinds[] = {[KF__STEP_SCALE] = "scale",
    [KF__STEP_NORMALIZE] = "normalize",
    [KF__STEP_IMPUTE] = "impute",
    [KF__STEP_ORDINAL] = "ordinal",
    [KF__STEP_ONE_HOT] = "one-hot",
    [KF__STEP_COLUMNS] = "columns",
    [KF__STEP_BESIDE] = "beside",
    [KF__STEP_PRODUCTS] = "products",
    [KF__STEP_PROJECT] = "project",
    [KF__STEP_PROJECT + 1] = NULL};
static const char *const norms[] = {"l1", "l2", "max", NULL};

/* A step on its way in: `sources` of the numbers that come and of those that go. */
typedef struct incoming {
    const kf_numbers_file *file;
    const kf_value *object;
    kf_numbers_step *step;
    const uint32_t *sources;
    uint32_t *made;
    size_t scratch;
} incoming;

static kf_status optional(
    const incoming *reading, const char *name, size_t count, const double **out)
{
    return kf__numbers_doubles(
        reading->file, reading->object, name, false, &count, out);
}

static kf_status doubles(
    const incoming *reading, const char *name, size_t count, const double **out)
{
    return kf__numbers_doubles(reading->file, reading->object, name, true, &count, out);
}

static kf_status words(
    const incoming *reading, const char *name, size_t *count, const uint32_t **out)
{
    return kf__numbers_words(
        reading->file, reading->object, name, true, false, count, out);
}

/* How many numbers go: room for their sources. */
static kf_status set_out(incoming *reading, size_t count)
{
    if (count > KF__LIMIT_FEATURES)
        return kf__fail(KF_ELIMIT, NULL, "makes rows over the limit of %u numbers",
            KF__LIMIT_FEATURES);
    reading->step->out = count;
    reading->made =
        kf__arena_alloc(reading->file->arena, (count + 1) * sizeof *reading->made);
    return reading->made != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status check_columns(
    const char *name, const uint32_t *columns, size_t count, size_t in)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] >= in)
            return kf__fail(KF_EDOCUMENT, name, "column %u of a row of %zu numbers",
                columns[i], in);
    return KF_OK;
}

/* starts: of `count` pieces of what has `total` elements. */
static kf_status check_starts(const uint32_t *starts, size_t count, size_t total)
{
    bool sound = starts[0] == 0 && starts[count] == total;
    for (size_t i = 0; i < count; i++)
        sound = sound && starts[i] <= starts[i + 1];
    return sound ? KF_OK
                 : kf__fail(KF_EDOCUMENT, "starts",
                       "expected to rise from 0 to %zu, the number of elements", total);
}

static kf_status read_scale(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    const kf_value *low = kf_value_get(reading->object, "low");
    const kf_value *high = kf_value_get(reading->object, "high");
    KF__TRY(set_out(reading, step->in));
    KF__TRY(optional(reading, "subtract", step->in, &step->subtract));
    KF__TRY(optional(reading, "divide", step->in, &step->divide));
    KF__TRY(optional(reading, "multiply", step->in, &step->multiply));
    KF__TRY(optional(reading, "add", step->in, &step->add));
    step->clips = low != NULL && high != NULL;
    step->low = kf_value_double(low);
    step->high = kf_value_double(high);
    for (size_t i = 0; i < step->out; i++)
        reading->made[i] = reading->sources[i];
    return KF_OK;
}

static kf_status read_normalize(incoming *reading)
{
    KF__TRY(set_out(reading, reading->step->in));
    for (size_t i = 0; i < reading->step->out; i++)
        reading->made[i] = KF__MIXED;
    return kf__numbers_choice(reading->object, "norm", norms, -1, &reading->step->norm);
}

static kf_status read_impute(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    const kf_value *missing = kf_value_get(reading->object, "missing");
    step->column_count = step->flag_count = SIZE_MAX;
    KF__TRY(words(reading, "columns", &step->column_count, &step->columns));
    KF__TRY(kf__numbers_words(reading->file, reading->object, "flags", false, false,
        &step->flag_count, &step->flags));
    KF__TRY(check_columns("columns", step->columns, step->column_count, step->in));
    KF__TRY(check_columns("flags", step->flags, step->flag_count, step->in));
    KF__TRY(doubles(reading, "values", step->column_count, &step->values));
    KF__TRY(set_out(reading, step->column_count + step->flag_count));
    step->missing = missing != NULL ? kf_value_double(missing) : NAN;
    for (size_t i = 0; i < step->column_count; i++)
        reading->made[i] = reading->sources[step->columns[i]];
    for (size_t i = 0; i < step->flag_count; i++)
        reading->made[step->column_count + i] = reading->sources[step->flags[i]];
    return KF_OK;
}

static kf_status read_codes(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    size_t starts = step->in + 1, count = SIZE_MAX;
    KF__TRY(words(reading, "starts", &starts, &step->starts));
    KF__TRY(kf__numbers_doubles(
        reading->file, reading->object, "categories", true, &count, &step->categories));
    KF__TRY(check_starts(step->starts, step->in, count));
    KF__TRY(doubles(reading, "codes", count, &step->codes));
    return optional(reading, "unknown", step->in, &step->unknown);
}

static kf_status read_ordinal(incoming *reading)
{
    KF__TRY(read_codes(reading));
    KF__TRY(set_out(reading, reading->step->in));
    for (size_t i = 0; i < reading->step->out; i++)
        reading->made[i] = reading->sources[i];
    return KF_OK;
}

/* A place for each category and one for all others, or fewer. */
static kf_status check_widths(const kf_numbers_step *step, size_t *total)
{
    for (size_t i = 0; i < step->in && *total <= KF__LIMIT_FEATURES; i++) {
        size_t categories = step->starts[i + 1] - step->starts[i];
        if (step->widths[i] > categories + 1)
            return kf__fail(KF_EDOCUMENT, "widths",
                "column %zu has %zu categories, and %u numbers are made of it", i,
                categories, step->widths[i]);
        *total += step->widths[i];
    }
    return KF_OK;
}

static kf_status read_one_hot(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    size_t total = 0, widths = step->in;
    KF__TRY(read_codes(reading));
    KF__TRY(words(reading, "widths", &widths, &step->widths));
    KF__TRY(check_widths(step, &total));
    KF__TRY(set_out(reading, total));
    for (size_t i = 0, at = 0; i < step->in; i++)
        for (size_t j = 0; j < step->widths[i]; j++)
            reading->made[at++] = reading->sources[i];
    return KF_OK;
}

static kf_status read_columns(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    step->column_count = SIZE_MAX;
    KF__TRY(words(reading, "columns", &step->column_count, &step->columns));
    KF__TRY(check_columns("columns", step->columns, step->column_count, step->in));
    KF__TRY(set_out(reading, step->column_count));
    for (size_t i = 0; i < step->out; i++)
        reading->made[i] = reading->sources[step->columns[i]];
    return KF_OK;
}

static kf_status read_part(
    incoming *reading, const kf_value *object, kf_numbers_part *part)
{
    size_t count = SIZE_MAX;
    KF__TRY(kf__numbers_words(
        reading->file, object, "columns", true, false, &count, &part->columns));
    KF__TRY(check_columns("columns", part->columns, count, reading->step->in));
    KF__TRY(kf__numbers_read_chain(
        reading->file, kf_value_get(object, "steps"), count, &part->chain));
    size_t needed = part->chain.in + part->chain.scratch;
    if (needed > reading->scratch)
        reading->scratch = needed;
    return KF_OK;
}

static kf_status read_parts(incoming *reading, const kf_value *list)
{
    kf_numbers_step *step = reading->step;
    size_t total = 0;
    for (size_t i = 0; i < step->part_count; i++) {
        kf_status status = read_part(reading, kf_value_at(list, i), &step->parts[i]);
        if (status != KF_OK) {
            char where[32];
            (void)snprintf(where, sizeof where, "parts[%zu]", i);
            kf__error_prefix(where);
            return status;
        }
        total += step->parts[i].chain.out;
        if (total > KF__LIMIT_FEATURES)
            break;
    }
    return set_out(reading, total);
}

static kf_status read_beside(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    const kf_value *list = kf_value_get(reading->object, "parts");
    if (kf_value_kind(list) != KF_KIND_LIST)
        return kf__fail(KF_EDOCUMENT, "parts", "expected a list");
    step->part_count = kf_value_length(list);
    step->parts = kf__arena_alloc(
        reading->file->arena, (step->part_count + 1) * sizeof *step->parts);
    if (step->parts == NULL)
        return KF_ENOMEM;
    KF__TRY(read_parts(reading, list));
    for (size_t i = 0, at = 0; i < step->part_count; i++) {
        const kf_numbers_part *part = &step->parts[i];
        for (size_t j = 0; j < part->chain.out; j++) {
            uint32_t source = part->chain.sources[j];
            reading->made[at++] = source == KF__MIXED
                                      ? KF__MIXED
                                      : reading->sources[part->columns[source]];
        }
    }
    return KF_OK;
}

static uint32_t source_of_product(
    const incoming *reading, const uint32_t *columns, size_t count)
{
    /* The product of nothing is 1: any column will do, as it makes no difference. */
    uint32_t source = count > 0 ? reading->sources[columns[0]] : 0;
    for (size_t i = 1; i < count; i++)
        if (reading->sources[columns[i]] != source)
            return KF__MIXED;
    return source;
}

static kf_status read_products(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    size_t starts = SIZE_MAX;
    step->column_count = SIZE_MAX;
    KF__TRY(words(reading, "starts", &starts, &step->starts));
    KF__TRY(words(reading, "columns", &step->column_count, &step->columns));
    if (starts == 0)
        return kf__fail(KF_EDOCUMENT, "starts", "expected at least one element");
    KF__TRY(check_starts(step->starts, starts - 1, step->column_count));
    KF__TRY(check_columns("columns", step->columns, step->column_count, step->in));
    KF__TRY(set_out(reading, starts - 1));
    for (size_t i = 0; i < step->out; i++)
        reading->made[i] = source_of_product(reading, step->columns + step->starts[i],
            step->starts[i + 1] - step->starts[i]);
    return KF_OK;
}

static kf_status read_project(incoming *reading)
{
    kf_numbers_step *step = reading->step;
    size_t count = SIZE_MAX;
    KF__TRY(kf__numbers_doubles(
        reading->file, reading->object, "matrix", true, &count, &step->matrix));
    if (step->in == 0 || count % step->in != 0)
        return kf__fail(KF_EDOCUMENT, "matrix",
            "has %zu elements: expected rows of %zu, as many as come", count, step->in);
    KF__TRY(set_out(reading, count / step->in));
    KF__TRY(optional(reading, "subtract", step->out, &step->subtract));
    KF__TRY(optional(reading, "divide", step->out, &step->divide));
    for (size_t i = 0; i < step->out; i++)
        reading->made[i] = KF__MIXED;
    return KF_OK;
}

static kf_status read_step(incoming *reading)
{
    static kf_status (*const readers[])(struct incoming *) = {
        [KF__STEP_SCALE] = read_scale,
        [KF__STEP_NORMALIZE] = read_normalize,
        [KF__STEP_IMPUTE] = read_impute,
        [KF__STEP_ORDINAL] = read_ordinal,
        [KF__STEP_ONE_HOT] = read_one_hot,
        [KF__STEP_COLUMNS] = read_columns,
        [KF__STEP_BESIDE] = read_beside,
        [KF__STEP_PRODUCTS] = read_products,
        [KF__STEP_PROJECT] = read_project,
    };
    int kind;
    KF__TRY(kf__numbers_choice(reading->object, "kind", kinds, -1, &kind));
    reading->step->kind = (kf_numbers_kind)kind;
    return readers[kind](reading);
}

static kf_status read_steps(const kf_numbers_file *file, const kf_value *list,
    const uint32_t *sources, kf_numbers_chain *out)
{
    size_t width = out->in, widest = out->in, within = 0;
    for (size_t i = 0; i < out->count; i++) {
        incoming reading = {.file = file,
            .object = kf_value_at(list, i),
            .step = &out->steps[i],
            .sources = sources};
        reading.step->in = width;
        kf_status status = read_step(&reading);
        if (status != KF_OK) {
            char where[32];
            (void)snprintf(where, sizeof where, "steps[%zu]", i);
            kf__error_prefix(where);
            return status;
        }
        sources = reading.made;
        width = reading.step->out;
        widest = width > widest ? width : widest;
        within = reading.scratch > within ? reading.scratch : within;
    }
    out->sources = sources;
    out->out = width;
    out->widest = widest;
    out->scratch = 2 * widest + within;
    return KF_OK;
}

kf_status kf__numbers_read_chain(
    const kf_numbers_file *file, const kf_value *list, size_t in, kf_numbers_chain *out)
{
    if (list != NULL && kf_value_kind(list) != KF_KIND_LIST)
        return kf__fail(KF_EDOCUMENT, "steps", "expected a list");
    *out = (kf_numbers_chain){.count = kf_value_length(list), .in = in};
    uint32_t *own = kf__arena_alloc(file->arena, (in + 1) * sizeof *own);
    out->steps = kf__arena_alloc(file->arena, (out->count + 1) * sizeof *out->steps);
    if (own == NULL || out->steps == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < in; i++)
        own[i] = (uint32_t)i;
    return read_steps(file, list, own, out);
}
