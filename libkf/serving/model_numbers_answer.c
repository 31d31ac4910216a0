/* SPDX-License-Identifier: Apache-2.0 */
/* What is answered with the scores of a row. */
#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "serving/model_numbers.h"

static const char *const links[] = {"identity", "exp", "isolation", NULL};
static const char *const decisions[] = {"above", "at-least", "largest", NULL};
static const char *const ways[] = {"none", "scores", "sigmoid", "sigmoid-twice",
    "sigmoids", "softmax", "softmax-pair", "modified-huber", NULL};
static const char *const types[] = {"int", "float", "bool", "string", NULL};

/* ---- reading ---- */

static kf_status read_texts(const kf_value *list, kf_numeric *numeric)
{
    numeric->class_count = kf_value_length(list);
    numeric->class_names =
        kf__calloc(numeric->class_count + 1, sizeof *numeric->class_names);
    if (numeric->class_names == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < numeric->class_count; i++) {
        const char *text = kf_value_string(kf_value_at(list, i));
        if (text == NULL)
            return kf__fail(KF_EDOCUMENT, "classes", "expected texts");
        numeric->class_names[i] = kf__strdup(text);
        if (numeric->class_names[i] == NULL)
            return KF_ENOMEM;
    }
    return KF_OK;
}

static bool read_label(
    const kf_value *label, kf_datatype type, int64_t *integer, double *number)
{
    kf_kind kind = kf_value_kind(label);
    *integer = kind == KF_KIND_BOOL ? kf_value_bool(label) : kf_value_int(label);
    *number = kf_value_double(label);
    return type == KF_DATATYPE_BOOL    ? kind == KF_KIND_BOOL
           : type == KF_DATATYPE_INT64 ? kind == KF_KIND_INT
                                       : kind == KF_KIND_DOUBLE || kind == KF_KIND_INT;
}

static kf_status read_labels(
    const kf_numbers_file *file, const kf_value *list, kf_numbers_answer *out)
{
    size_t room = out->classes + 1;
    int64_t *integers = kf__arena_alloc(file->arena, room * sizeof *integers);
    double *numbers = kf__arena_alloc(file->arena, room * sizeof *numbers);
    if (integers == NULL || numbers == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < out->classes; i++)
        if (!read_label(kf_value_at(list, i), out->type, &integers[i], &numbers[i]))
            return kf__fail(KF_EDOCUMENT, "classes", "class %zu is not of the type", i);
    out->integers = integers;
    out->numbers = numbers;
    return KF_OK;
}

/* Two classes are told by one score, or all classes by one each. */
static kf_status check_classes(const kf_numbers_answer *answer, size_t outputs)
{
    bool one = answer->decide != KF__DECIDE_LARGEST;
    bool sound =
        one ? answer->classes == 2 && outputs == 1 : answer->classes == outputs;
    switch (answer->probabilities) {
    case KF__PROBABILITIES_SIGMOID:
    case KF__PROBABILITIES_SIGMOID_TWICE:
    case KF__PROBABILITIES_SOFTMAX_PAIR:
        sound = sound && one;
        break;
    case KF__PROBABILITIES_SCORES:
    case KF__PROBABILITIES_SOFTMAX:
        sound = sound && !one;
        break;
    default:
        break;
    }
    return sound ? KF_OK
                 : kf__fail(KF_EDOCUMENT, "classes",
                       "%zu classes do not go with %zu scores and the way they are "
                       "decided by",
                       answer->classes, outputs);
}

static kf_status read_classes(const kf_numbers_file *file, const kf_value *object,
    kf_numeric *numeric, kf_numbers_answer *out)
{
    static const kf_datatype datatypes[] = {
        KF_DATATYPE_INT64, KF_DATATYPE_FP64, KF_DATATYPE_BOOL, KF_DATATYPE_INT64};
    static const char *const methods[] = {"predict", "predict_proba", NULL};
    const kf_value *list = kf_value_get(object, "classes");
    int decide, way, type, method;
    KF__TRY(kf__numbers_choice(object, "decide", decisions, -1, &decide));
    KF__TRY(kf__numbers_choice(object, "probabilities", ways, 0, &way));
    KF__TRY(kf__numbers_choice(object, "type", types, -1, &type));
    KF__TRY(kf__numbers_choice(object, "method", methods, 0, &method));
    if (kf_value_kind(list) != KF_KIND_LIST)
        return kf__fail(KF_EDOCUMENT, "classes", "expected a list");
    out->has_classes = true;
    out->decide = (kf_numbers_decide)decide;
    out->probabilities = (kf_numbers_probabilities)way;
    out->type = datatypes[type];
    out->classes = kf_value_length(list);
    out->by_probability = method == 1;
    if (out->by_probability && way == KF__PROBABILITIES_NONE)
        return kf__fail(KF_EDOCUMENT, "method", "the model gives no probabilities");
    return types[type][0] == 's' ? read_texts(list, numeric)
                                 : read_labels(file, list, out);
}

kf_status kf__numbers_read_answer(const kf_numbers_file *file, const kf_value *object,
    size_t outputs, kf_numeric *numeric, kf_numbers_answer *out)
{
    static const char *const kinds[] = {"numbers", "classes", NULL};
    int kind, link;
    KF__TRY(kf__numbers_choice(object, "kind", kinds, -1, &kind));
    KF__TRY(kf__numbers_choice(object, "link", links, 0, &link));
    out->link = (kf_numbers_link)link;
    out->denominator = kf_value_double(kf_value_get(object, "denominator"));
    out->offset = kf_value_double(kf_value_get(object, "offset"));
    out->is_matrix = kf_value_bool(kf_value_get(object, "matrix"));
    if (kind == 0)
        return KF_OK;
    KF__TRY(read_classes(file, object, numeric, out));
    return check_classes(out, outputs);
}

/* ---- answering ---- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static void divide_by_sum(double *numbers, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += numbers[i];
    for (size_t i = 0; i < count; i++)
        numbers[i] = sum != 0 ? numbers[i] / sum : 1 / (double)count;
}

static void softmax(double *numbers, size_t count)
{
    double most = numbers[0];
    for (size_t i = 1; i < count; i++)
        most = numbers[i] > most ? numbers[i] : most;
    for (size_t i = 0; i < count; i++)
        numbers[i] = exp(numbers[i] - most);
    divide_by_sum(numbers, count);
}

/* From -1 … 1 to 0 … 1. */
static double huber(double score)
{
    return (fmin(fmax(score, -1), 1) + 1) / 2;
}

static void pair(double second, double *out)
{
    out[0] = 1 - second;
    out[1] = second;
}

static void probabilities_of(
    const kf_numbers_answer *answer, size_t outputs, const double *scores, double *out)
{
    bool is_huber = answer->probabilities == KF__PROBABILITIES_MODIFIED_HUBER;
    switch (answer->probabilities) {
    case KF__PROBABILITIES_SIGMOID:
        pair(sigmoid(scores[0]), out);
        return;
    case KF__PROBABILITIES_SIGMOID_TWICE:
        pair(sigmoid(2 * scores[0]), out);
        return;
    case KF__PROBABILITIES_SOFTMAX_PAIR:
        out[0] = -scores[0];
        out[1] = scores[0];
        softmax(out, 2);
        return;
    case KF__PROBABILITIES_SIGMOIDS:
    case KF__PROBABILITIES_MODIFIED_HUBER:
        if (answer->decide != KF__DECIDE_LARGEST) {
            pair(is_huber ? huber(scores[0]) : sigmoid(scores[0]), out);
            return;
        }
        for (size_t i = 0; i < outputs; i++)
            out[i] = is_huber ? huber(scores[i]) : sigmoid(scores[i]);
        divide_by_sum(out, outputs);
        return;
    case KF__PROBABILITIES_SOFTMAX:
        memmove(out, scores, outputs * sizeof *out);
        softmax(out, outputs);
        return;
    default:
        memmove(out, scores, outputs * sizeof *out);
    }
}

/* One score tells of the second class, of two. */
void kf__numbers_respond(
    const kf_numbers_answer *answer, size_t outputs, double *scores, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double two[2], *own = scores + i * outputs;
        if (answer->decide == KF__DECIDE_LARGEST) {
            probabilities_of(answer, outputs, own, own);
            continue;
        }
        probabilities_of(answer, 1, own, two);
        *own = two[1];
    }
}

static size_t decide(
    const kf_numbers_answer *answer, size_t outputs, const double *scores)
{
    size_t best = 0;
    if (answer->decide == KF__DECIDE_ABOVE)
        return scores[0] > 0 ? 1 : 0;
    if (answer->decide == KF__DECIDE_AT_LEAST)
        return scores[0] >= 0 ? 1 : 0;
    for (size_t i = 1; i < outputs; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

static void put_label(
    const kf_numbers_answer *answer, size_t index, size_t row, void *out)
{
    if (answer->integers == NULL)
        ((int64_t *)out)[row] = (int64_t)index;
    else if (answer->type == KF_DATATYPE_BOOL)
        ((uint8_t *)out)[row] = answer->integers[index] != 0;
    else if (answer->type == KF_DATATYPE_INT64)
        ((int64_t *)out)[row] = answer->integers[index];
    else
        ((double *)out)[row] = answer->numbers[index];
}

static void link(const kf_numbers_answer *answer, double *scores, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (answer->link == KF__LINK_EXP)
            scores[i] = exp(scores[i]);
        else if (answer->link == KF__LINK_ISOLATION)
            scores[i] = -pow(2, -(scores[i] / answer->denominator)) - answer->offset;
}

void kf__numbers_answer_rows(const kf_numbers_answer *answer, size_t outputs,
    double *scores, size_t count, size_t first, void *out)
{
    link(answer, scores, count * outputs);
    if (!answer->has_classes)
        memcpy(
            (double *)out + first * outputs, scores, count * outputs * sizeof *scores);
    else if (answer->by_probability)
        for (size_t i = 0; i < count; i++)
            probabilities_of(answer, outputs, scores + i * outputs,
                (double *)out + (first + i) * answer->classes);
    else
        for (size_t i = 0; i < count; i++)
            put_label(
                answer, decide(answer, outputs, scores + i * outputs), first + i, out);
}
