/* SPDX-License-Identifier: Apache-2.0 */
/* What LightGBM's Python package writes behind a model: among the parameters, which
 * features are categories, and in the last line those of a DataFrame, a list for each of
 * its columns that has some. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/scan.h"
#include "base/text.h"
#include "serving/model_lightgbm.h"
#include "serving/model_source.h"

typedef struct place {
    const char *at;
    size_t length;
} place;

/* What follows `key` in the last line that begins with it; NULL: there is none. */
static place find_line(const char *from, const char *end, const char *key)
{
    place found = {NULL, 0};
    size_t length = strlen(key);
    while (from < end) {
        const char *stop = memchr(from, '\n', (size_t)(end - from));
        size_t line = (size_t)((stop != NULL ? stop : end) - from);
        if (line > length && memcmp(from, key, length) == 0)
            found = (place){from + length, line - length};
        from += line + 1;
    }
    return found;
}

/* ---- the lists ---- */

static kf_status add_item(
    kf_categories *lists, size_t list, kf_scan *scan, kf_buf *scratch)
{
    const char *text = NULL;
    size_t length = 0;
    double number = NAN;
    char first = kf__scan_peek(scan);
    bool boolean;
    if (first == '"')
        (void)kf__scan_string(scan, &text, &length, scratch);
    else if (first == 't' || first == 'f') {
        if (kf__scan_bool(scan, &boolean))
            number = boolean;
    } else if (first == 'n')
        (void)kf__scan_null(scan);
    else
        (void)kf__scan_double(scan, true, &number);
    return scan->status == KF_OK ? kf__categories_add(lists, list, text, length, number)
                                 : KF_OK;
}

static kf_status read_lists(kf_categories *lists, kf_scan *scan, kf_buf *scratch)
{
    if (!kf__scan_list(scan))
        return KF_OK;
    while (kf__scan_item(scan)) {
        KF__TRY(kf__categories_next(lists));
        if (kf__scan_list(scan))
            while (kf__scan_item(scan))
                KF__TRY(add_item(lists, lists->lists.count - 1, scan, scratch));
    }
    return KF_OK;
}

static kf_status read_line(
    const kf_lightgbm *model, const place *line, kf_categories *lists)
{
    kf_scan scan;
    kf_buf scratch = KF__BUF_INIT;
    kf_status status = KF_OK;
    kf__scan_start(&scan, line->at, line->length);
    if (kf__scan_peek(&scan) == 'n')
        (void)kf__scan_null(&scan);
    else
        status = read_lists(lists, &scan, &scratch);
    if (status == KF_OK && !kf__scan_end(&scan))
        status = scan.status == KF_ENOMEM
                     ? KF_ENOMEM
                     : kf__lightgbm_fault(model, scan.at, "pandas_categorical",
                           "expected a list of lists of categories");
    kf__buf_finish(&scratch);
    return status;
}

/* ---- whose they are ---- */

/* The feature at the head of "1,4" or, as for the command line, of "name:a,b". */
static size_t take_feature(const kf_lightgbm *model, place *rest, bool named)
{
    const char *comma = memchr(rest->at, ',', rest->length);
    size_t length = comma != NULL ? (size_t)(comma - rest->at) : rest->length;
    size_t found = SIZE_MAX;
    char text[32];
    int64_t number;
    for (size_t i = 0; named && model->names != NULL && i < model->features; i++)
        if (strlen(model->names[i]) == length &&
            memcmp(model->names[i], rest->at, length) == 0)
            found = i;
    if (!named && length < sizeof text) {
        memcpy(text, rest->at, length);
        text[length] = '\0';
        if (kf__parse_int64(text, &number) && number >= 0)
            found = (size_t)number;
    }
    length += comma != NULL ? 1 : 0;
    rest->at += length;
    rest->length -= length;
    return found;
}

/* Features that are categories, in their order. */
static kf_status read_columns(const kf_lightgbm *model, place columns, kf_numbers *out)
{
    static const char prefix[] = "name:";
    while (columns.length > 0 && columns.at[columns.length - 1] != ']')
        columns.length--;
    columns.length -= columns.length > 0 ? 1 : 0;
    bool named = columns.length >= sizeof prefix - 1 &&
                 memcmp(columns.at, prefix, sizeof prefix - 1) == 0;
    if (named) {
        columns.at += sizeof prefix - 1;
        columns.length -= sizeof prefix - 1;
    }
    while (columns.length > 0)
        KF__TRY(kf__vec_push(out, (double)take_feature(model, &columns, named)));
    return KF_OK;
}

/* The file tells whose the lists are by their order alone: nothing is known if there are
 * not as many, as with columns that are ordered, or numbers. */
static bool are_those(
    const kf_lightgbm *model, const kf_numbers *columns, const kf_categories *lists)
{
    if (columns->count != lists->lists.count)
        return false;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->items[i] >= (double)model->features ||
            (i > 0 && columns->items[i] <= columns->items[i - 1]))
            return false;
    return true;
}

/* From the lists in their order to those of all features. */
static kf_status spread(
    const kf_lightgbm *model, const kf_numbers *columns, kf_categories *lists)
{
    for (size_t i = columns->count; i < model->features; i++)
        KF__TRY(kf__categories_next(lists));
    for (size_t i = columns->count; i-- > 0;) {
        kf_category_list *from = &lists->lists.items[i];
        kf_category_list *to = &lists->lists.items[(size_t)columns->items[i]];
        kf_category_list swap = *to;
        *to = *from;
        *from = swap;
    }
    return kf__categories_seal(lists);
}

kf_status kf__lightgbm_read_categories(
    kf_lightgbm *model, const char *from, const char *end)
{
    place line = find_line(from, end, "pandas_categorical:");
    place told = find_line(from, end, "[categorical_feature: ");
    kf_numbers columns = {0};
    if (line.at == NULL || told.at == NULL)
        return KF_OK;
    kf_categories *lists = kf__categories_new(false);
    kf_status status = lists != NULL ? read_line(model, &line, lists) : KF_ENOMEM;
    if (status == KF_OK)
        status = read_columns(model, told, &columns);
    if (status == KF_OK && lists->lists.count > 0 && are_those(model, &columns, lists))
        status = spread(model, &columns, lists);
    else if (status == KF_OK) {
        kf__categories_free(lists);
        lists = NULL;
    }
    if (status == KF_OK)
        model->categories = lists;
    else
        kf__categories_free(lists);
    kf__vec_finish(&columns);
    return status;
}
