/* SPDX-License-Identifier: Apache-2.0 */
/* The categories of a DataFrame that XGBoost writes into its models from 3.1 on: for each
 * feature texts, as bytes and where each begins, or numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "serving/model_xgboost.h"

typedef struct encoding {
    kf_numbers offsets;
    kf_numbers values;
    bool has_offsets; /* Texts. */
    kf_buf bytes;
} encoding;

static bool is(const char *name, size_t length, const char *wanted)
{
    return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static bool read_encoding(kf_source *source, encoding *out)
{
    const char *name;
    size_t length;
    out->offsets.count = out->values.count = 0;
    out->has_offsets = false;
    if (!kf__source_object(source))
        return false;
    while (kf__source_name(source, &name, &length)) {
        bool done;
        if (is(name, length, "offsets")) {
            out->has_offsets = true;
            out->offsets.count = 0;
            done = kf__source_numbers(source, false, &out->offsets);
        } else if (is(name, length, "values")) {
            out->values.count = 0;
            done = kf__source_numbers(source, false, &out->values);
        } else {
            done = kf__source_skip(source);
        }
        if (!done)
            return false;
    }
    return kf__source_status(source) == KF_OK;
}

/* Bytes are told with a sign, or without. */
static kf_status take_bytes(encoding *from)
{
    from->bytes.length = 0;
    for (size_t i = 0; i < from->values.count; i++) {
        double byte = from->values.items[i];
        if (byte != floor(byte) || byte < -128 || byte > 255)
            return kf__fail(KF_EDOCUMENT, "values", "%g is no byte of a text", byte);
        kf__buf_putc(&from->bytes, (char)(unsigned char)(int)byte);
    }
    return from->bytes.status;
}

static kf_status add_text(
    kf_categories *categories, size_t feature, const encoding *from, size_t index)
{
    double begin = from->offsets.items[index], end = from->offsets.items[index + 1];
    if (!(begin >= 0 && begin <= end && end <= (double)from->values.count) ||
        begin != floor(begin) || end != floor(end))
        return kf__fail(KF_EDOCUMENT, "offsets", "%g to %g is no part of the %zu bytes",
            begin, end, from->values.count);
    const char *text = kf__buf_text(&from->bytes) + (size_t)begin;
    size_t length = (size_t)(end - begin);
    /* XGBoost 3.2 counts the characters of pandas' texts, and cuts bytes off: what is
     * left of those that are not ASCII is a category without a name. */
    if (!kf__utf8_valid(text, length, NULL))
        text = NULL;
    return kf__categories_add(categories, feature, text, length, NAN);
}

static kf_status add_encoding(kf_categories *categories, encoding *from)
{
    size_t feature = categories->lists.count;
    KF__TRY(kf__categories_next(categories));
    if (!from->has_offsets) {
        for (size_t i = 0; i < from->values.count; i++)
            KF__TRY(kf__categories_add(
                categories, feature, NULL, 0, from->values.items[i]));
        return KF_OK;
    }
    KF__TRY(take_bytes(from));
    for (size_t i = 0; i + 1 < from->offsets.count; i++)
        KF__TRY(add_text(categories, feature, from, i));
    return KF_OK;
}

static bool read_encodings(
    kf_source *source, kf_categories *categories, kf_status *status)
{
    encoding one;
    memset(&one, 0, sizeof one);
    bool done = kf__source_list(source);
    while (done && kf__source_item(source)) {
        done = read_encoding(source, &one);
        if (done && (*status = add_encoding(categories, &one)) != KF_OK) {
            char where[48];
            (void)snprintf(
                where, sizeof where, "cats.enc[%zu]", categories->lists.count - 1);
            kf__error_prefix(where);
            done = false;
        }
    }
    kf__vec_finish(&one.offsets);
    kf__vec_finish(&one.values);
    kf__buf_finish(&one.bytes);
    return done;
}

static bool read_members(
    kf_source *source, kf_categories *categories, kf_status *status)
{
    const char *name;
    size_t length;
    if (!kf__source_object(source))
        return false;
    while (kf__source_name(source, &name, &length))
        if (!(is(name, length, "enc") && categories->lists.count == 0
                    ? read_encodings(source, categories, status)
                    : kf__source_skip(source)))
            return false;
    return true;
}

bool kf__xgboost_read_categories(
    kf_source *source, kf_categories **out, kf_status *status)
{
    kf_categories *categories = kf__categories_new(true);
    if (categories == NULL) {
        *status = KF_ENOMEM;
        return false;
    }
    bool done = read_members(source, categories, status);
    if (done && categories->lists.count > 0)
        done = (*status = kf__categories_seal(categories)) == KF_OK;
    if (done && categories->lists.count > 0)
        *out = categories;
    else
        kf__categories_free(categories);
    return done;
}
