/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model_numbers.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/mem.h"

enum { HEADER = 24, BLOCK = 256 };
static const unsigned char magic[8] = {0x89, 'K', 'F', 'M', '\r', '\n', 0x1a, '\n'};

/* ---- predicting ---- */

/* Rows on their way to an answer. */
typedef struct workspace {
    double *rows;    /* Prepared: BLOCK × columns. */
    double *scratch; /* Of the steps. */
    double *scores;  /* BLOCK × outputs. */
    float *floats;   /* BLOCK × columns, of trees. */
} workspace;

static size_t block_rows(size_t count)
{
    return count < BLOCK ? count + 1 : BLOCK;
}

static kf_status work_start(const kf_numbers_model *self, size_t count, workspace *out)
{
    size_t rows = block_rows(count), columns = self->chain.out;
    size_t prepared = self->chain.count > 0 ? rows * columns : 0;
    size_t scratch = self->chain.count > 0 ? self->chain.scratch : 0;
    size_t scores = rows * self->scores.outputs;
    size_t floats = self->scores.has_forest ? (rows * columns + 1) / 2 : 0;
    double *memory = kf__reallocarray(
        NULL, prepared + scratch + scores + floats + 1, sizeof *memory);
    *out = (workspace){memory, memory, memory, NULL};
    if (memory == NULL)
        return KF_ENOMEM;
    out->scratch += prepared;
    out->scores = out->scratch + scratch;
    out->floats = (float *)(void *)(out->scores + scores);
    return KF_OK;
}

static kf_status prepare_rows(const kf_numbers_model *self, const double *rows,
    size_t first, size_t count, double *scratch, double *out)
{
    for (size_t i = 0; i < count; i++) {
        kf_status status = kf__numbers_apply(&self->chain,
            rows + (first + i) * self->chain.in, scratch, out + i * self->chain.out);
        if (status != KF_OK) {
            char where[32];
            (void)snprintf(where, sizeof where, "row %zu", first + i);
            kf__error_prefix(where);
            return status;
        }
    }
    return KF_OK;
}

/* The scores of some rows. */
static kf_status score_block(const kf_numbers_model *self, const double *rows,
    size_t first, size_t count, const workspace *work, double *out)
{
    const double *prepared = rows + first * self->chain.in;
    if (self->chain.count > 0) {
        KF__TRY(prepare_rows(self, rows, first, count, work->scratch, work->rows));
        prepared = work->rows;
    }
    return kf__numbers_score(&self->scores, prepared, count, work->floats, out);
}

static kf_status predict(
    const kf_numeric *numeric, const void *rows, size_t count, void *out)
{
    const kf_numbers_model *self = (const kf_numbers_model *)numeric;
    workspace work;
    kf_status status = work_start(self, count, &work);
    for (size_t first = 0; status == KF_OK && first < count; first += BLOCK) {
        size_t some = count - first < BLOCK ? count - first : BLOCK;
        status = score_block(self, rows, first, some, &work, work.scores);
        if (status == KF_OK)
            kf__numbers_answer_rows(
                &self->answer, self->scores.outputs, work.scores, some, first, out);
    }
    kf__free(work.rows);
    return status;
}

/* ---- for explanations ---- */

static void respond(const kf_numeric *numeric, double *margins, size_t count)
{
    const kf_numbers_model *self = (const kf_numbers_model *)numeric;
    kf__numbers_respond(&self->answer, self->scores.outputs, margins, count);
}

/* Of an isolation forest the mean of the paths, which its answer is made of as a sum. */
static double path_divisor(const kf_numbers_model *self)
{
    return self->answer.link == KF__LINK_ISOLATION
               ? (double)self->scores.forest.trees.count
               : 0;
}

static void margins(const kf_numeric *numeric, kf_margins *out)
{
    const kf_numbers_model *self = (const kf_numbers_model *)numeric;
    const kf_numbers_scores *scores = &self->scores;
    bool started = scores->has_forest && scores->linear.outputs > 0;
    *out = (kf_margins){.outputs = scores->outputs,
        .columns = self->chain.out,
        .sources = self->chain.sources,
        .divisor = scores->divisor != 0 ? scores->divisor : path_divisor(self)};
    const kf_numbers_answer *answer = &self->answer;
    if (answer->has_classes && answer->probabilities != KF__PROBABILITIES_NONE)
        out->respond = respond;
    out->is_apart = answer->decide != KF__DECIDE_LARGEST ||
                    answer->probabilities == KF__PROBABILITIES_SCORES;
    if (scores->has_forest && !started)
        out->forest = &scores->forest;
    if (!scores->has_forest) {
        out->coefficients = scores->linear.coefficients;
        out->mean = scores->linear.mean;
    }
}

static void bases(const kf_numeric *numeric, double *out)
{
    const kf_numbers_scores *scores = &((const kf_numbers_model *)numeric)->scores;
    const double *from = scores->has_forest ? scores->bases : scores->linear.intercepts;
    for (size_t i = 0; i < scores->outputs; i++)
        out[i] = from != NULL ? from[i] : 0;
}

static kf_status prepare(
    const kf_numeric *numeric, const void *rows, size_t count, void *out)
{
    const kf_numbers_model *self = (const kf_numbers_model *)numeric;
    size_t columns = self->chain.out;
    bool floats =
        self->scores.has_forest && self->scores.forest.input == KF_DATATYPE_FP32;
    double *memory =
        kf__reallocarray(NULL, self->chain.scratch + columns + 1, sizeof *memory);
    kf_status status = memory != NULL ? KF_OK : KF_ENOMEM;
    for (size_t i = 0; status == KF_OK && i < count; i++) {
        double *row = floats ? memory : (double *)out + i * columns;
        status = prepare_rows(self, (const double *)rows + i * self->chain.in, 0, 1,
            memory + columns, row);
        for (size_t j = 0; status == KF_OK && floats && j < columns; j++)
            ((float *)out)[i * columns + j] = (float)row[j];
    }
    kf__free(memory);
    return status;
}

static kf_status score(
    const kf_numeric *numeric, const void *rows, size_t count, double *out)
{
    const kf_numbers_model *self = (const kf_numbers_model *)numeric;
    workspace work;
    kf_status status = work_start(self, count, &work);
    for (size_t first = 0; status == KF_OK && first < count; first += BLOCK)
        status = score_block(self, rows, first,
            count - first < BLOCK ? count - first : BLOCK, &work,
            out + first * self->scores.outputs);
    double divisor = path_divisor(self);
    for (size_t i = 0;
         status == KF_OK && divisor != 0 && i < count * self->scores.outputs; i++)
        out[i] /= divisor;
    kf__free(work.rows);
    return status;
}

/* ---- reading ---- */

static void finish(kf_numeric *numeric)
{
    kf_numbers_model *self = (kf_numbers_model *)numeric;
    if (self->scores.has_forest)
        kf__forest_finish(&self->scores.forest);
    kf__arena_finish(&self->arena);
}

static void set_output(kf_numbers_model *self)
{
    const kf_numbers_answer *answer = &self->answer;
    bool labels = answer->has_classes && !answer->by_probability;
    self->numeric.output = labels ? answer->type : KF_DATATYPE_FP64;
    self->numeric.outputs = labels                ? 1
                            : answer->has_classes ? answer->classes
                                                  : self->scores.outputs;
    self->numeric.is_matrix =
        answer->has_classes ? answer->by_probability : answer->is_matrix;
}

static kf_status choose(kf_numeric *numeric, const char *method)
{
    kf_numbers_model *self = (kf_numbers_model *)numeric;
    bool by_probability = strcmp(method, "predict_proba") == 0;
    if (!by_probability && strcmp(method, "predict") != 0)
        return kf__fail(KF_EINVAL, "method",
            "no method '%.60s': expected predict or predict_proba", method);
    if (by_probability && self->answer.probabilities == KF__PROBABILITIES_NONE)
        return kf__fail(KF_EUNSUPPORTED, "method", "the model gives no probabilities");
    self->answer.by_probability = by_probability;
    set_output(self);
    return KF_OK;
}

static kf_status read_names(const kf_value *list, kf_numeric *numeric)
{
    if (list == NULL)
        return KF_OK;
    if (kf_value_length(list) != numeric->features)
        return kf__fail(
            KF_EDOCUMENT, "feature_names", "expected %zu names", numeric->features);
    numeric->feature_names =
        kf__calloc(numeric->features + 1, sizeof *numeric->feature_names);
    if (numeric->feature_names == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < numeric->features; i++) {
        const char *name = kf_value_string(kf_value_at(list, i));
        if (name == NULL)
            return kf__fail(KF_EDOCUMENT, "feature_names", "expected texts");
        if ((numeric->feature_names[i] = kf__strdup(name)) == NULL)
            return KF_ENOMEM;
    }
    return KF_OK;
}

static kf_status within(const char *name, kf_status status)
{
    if (status != KF_OK)
        kf__error_prefix(name);
    return status;
}

static kf_status read_model(
    kf_numbers_model *self, const kf_numbers_file *file, const kf_value *description)
{
    kf_numeric *numeric = &self->numeric;
    KF__TRY(kf__numbers_count(description, "features", 1, &numeric->features));
    KF__TRY(read_names(kf_value_get(description, "feature_names"), numeric));
    KF__TRY(kf__numbers_read_chain(
        file, kf_value_get(description, "steps"), numeric->features, &self->chain));
    KF__TRY(within(
        "model", kf__numbers_read_scores(file, kf_value_get(description, "model"),
                     self->chain.out, &self->scores)));
    KF__TRY(within(
        "answer", kf__numbers_read_answer(file, kf_value_get(description, "answer"),
                      self->scores.outputs, numeric, &self->answer)));
    set_output(self);
    return KF_OK;
}

static kf_status make(
    const kf_value *description, const char *block, size_t length, kf_numeric **out)
{
    kf_numbers_model *self = kf__calloc(1, sizeof *self);
    size_t taken = 0;
    if (self == NULL)
        return KF_ENOMEM;
    self->numeric = (kf_numeric){.format = "numbers",
        .input = KF_DATATYPE_FP64,
        .predict = predict,
        .choose = choose,
        .margins = margins,
        .bases = bases,
        .prepare = prepare,
        .score = score,
        .finish = finish};
    kf_numbers_file file = {&self->arena, block, length, &taken};
    kf_status status = read_model(self, &file, description);
    if (status != KF_OK)
        kf__numeric_free(&self->numeric);
    else
        *out = &self->numeric;
    return status;
}

static uint64_t little(const char *data, int bytes)
{
    uint64_t number = 0;
    for (int i = bytes - 1; i >= 0; i--)
        number = number << 8 | (unsigned char)data[i];
    return number;
}

static bool is_numbers(const char *data, size_t length)
{
    return length >= sizeof magic && memcmp(data, magic, sizeof magic) == 0;
}

static kf_status check_header(const char *data, size_t length)
{
    if (!is_numbers(data, length))
        return kf__fail(KF_EPARSE, NULL,
            "byte 0: not a file of numbers, which kf.serving.convert writes");
    if (length < HEADER)
        return kf__fail(
            KF_EPARSE, NULL, "byte %zu: the file ends within its header", length);
    uint64_t version = little(data + 8, 4), described = little(data + 16, 8);
    if (version != 1)
        return kf__fail(KF_EVERSION, NULL,
            "byte 8: a file of numbers of version %llu: this libkf reads version 1",
            (unsigned long long)version);
    if (kf__crc32(data + 16, length - 16) != little(data + 12, 4))
        return kf__fail(KF_EPARSE, NULL,
            "byte 12: the checksum of the file does not match: it is damaged");
    if (described > length - HEADER)
        return kf__fail(KF_EPARSE, NULL,
            "byte 16: the description has %llu bytes, and the file %zu",
            (unsigned long long)described, length);
    return KF_OK;
}

static kf_status read(const char *data, size_t length, kf_numeric **out)
{
    kf_value *description = NULL;
    KF__TRY(check_header(data, length));
    size_t described = (size_t)little(data + 16, 8);
    KF__TRY(
        within("description", kf_value_parse(data + HEADER, described, &description)));
    kf_status status =
        make(description, data + HEADER + described, length - HEADER - described, out);
    kf_value_free(description);
    return status;
}

static const char *const suffixes[] = {".kfm", NULL};
const kf_model_reader kf__model_numbers = {"numbers", suffixes, is_numbers, read};
