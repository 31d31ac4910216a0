/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are a log, and what is found in it does not depend on the pieces it comes
 * in. The first byte says how it is read; a first line beginning with "/" is a filter. */
#include "fuzz.h"

#include <string.h>

#include "base/buf.h"
#include "search/metric.h"

static const char *const names[] = {"loss", "a"};

static kf_status record(void *payload, const kf_metric_record *one)
{
    kf_buf *seen = payload;
    fuzz_check(one->name == names[0] || strcmp(one->name, names[0]) == 0 ||
               strcmp(one->name, names[1]) == 0);
    fuzz_check(one->text != NULL && !isinf(one->value));
    kf__buf_printf(seen, "%s %g %lld %.99s\n", one->name, one->value,
        (long long)one->time_ns, one->text);
    return KF_OK;
}

static void note(void *payload, int64_t line, const char *message)
{
    kf__buf_printf(payload, "%lld %.99s\n", (long long)line, message);
}

static void read_log(const kf_metric_parser_options *given, const uint8_t *data,
    size_t size, size_t piece, kf_buf *seen)
{
    kf_metric_parser *parser = NULL;
    kf_metric_parser_options options = *given;
    options.payload = seen;
    if (kf__metric_parser_new(&options, &parser) != KF_OK)
        return;
    for (size_t at = 0; at < size; at += piece)
        fuzz_check(kf__metric_parser_feed(parser, data + at,
                       size - at < piece ? size - at : piece) == KF_OK);
    fuzz_check(kf__metric_parser_finish(parser) == KF_OK);
    kf__metric_parser_free(parser);
}

static kf_value *filter_of(const uint8_t *data, size_t length)
{
    char text[200];
    kf_value *list = NULL;
    size_t size = length < sizeof text ? length : sizeof text - 1;
    memcpy(text, data, size);
    text[size] = '\0';
    fuzz_check(kf_value_new(KF_KIND_LIST, &list) == KF_OK);
    if (kf_value_add_string(list, text) != KF_OK) {
        kf_value_free(list);
        return NULL;
    }
    return list;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kf_metric_parser_options options = {
        .names = names, .name_count = 2, .sink = record, .note = note};
    kf_value *filters = NULL;
    kf_buf whole = KF__BUF_INIT, pieces = KF__BUF_INIT;
    const uint8_t *line = size > 0 ? memchr(data, '\n', size) : NULL;
    if (size > 0 && data[0] == '{')
        options.format = KF__METRIC_JSON;
    if (size > 0 && data[0] == '/' && line != NULL) {
        filters = filter_of(data + 1, (size_t)(line - data) - 1);
        size -= (size_t)(line + 1 - data);
        data = line + 1;
    }
    options.filters = filters;
    read_log(&options, data, size, size + 1, &whole);
    read_log(&options, data, size, 3, &pieces);
    fuzz_check(strcmp(kf__buf_text(&whole), kf__buf_text(&pieces)) == 0);
    kf__buf_finish(&whole);
    kf__buf_finish(&pieces);
    kf_value_free(filters);
    return 0;
}
