/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/model_source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* What '{' begins is JSON if a name in quotes or nothing follows. */
static bool looks_binary(const char *data, size_t length)
{
    kf_scan scan;
    kf__scan_start(&scan, data, length);
    if (kf__scan_peek(&scan) != '{')
        return false;
    scan.at++;
    char next = kf__scan_peek(&scan);
    return next != '"' && next != '}' && next != '\0';
}

void kf__source_start(kf_source *source, const char *data, size_t length)
{
    source->is_binary = looks_binary(data, length);
    source->scratch = KF__BUF_INIT;
    kf__scan_start(&source->json, data, length);
    kf__ubj_start(&source->ubj, data, length);
}

void kf__source_finish(kf_source *source)
{
    kf__buf_finish(&source->scratch);
}

static kf_status ubj_status(const kf_ubj *ubj)
{
    char where[48];
    if (ubj->status == KF_OK)
        return KF_OK;
    if (ubj->status == KF_ENOMEM)
        return kf__nomem();
    (void)snprintf(where, sizeof where, "byte %zu", (size_t)(ubj->at - ubj->data));
    if (ubj->status == KF_ELIMIT)
        return kf__fail(KF_ELIMIT, where, "%s", ubj->fault);
    if (ubj->at >= ubj->end)
        return kf__fail(
            KF_EPARSE, where, "the file ends too early: expected %s", ubj->fault);
    return kf__fail(
        KF_EPARSE, where, "expected %s, not byte 0x%02x", ubj->fault, *ubj->at);
}

kf_status kf__source_status(const kf_source *source)
{
    return source->is_binary ? ubj_status(&source->ubj)
                             : kf__scan_status(&source->json, NULL);
}

bool kf__source_expected(kf_source *source, const char *expected)
{
    return source->is_binary ? kf__ubj_fail(&source->ubj, KF_EPARSE, expected)
                             : kf__scan_expected(&source->json, expected);
}

bool kf__source_object(kf_source *source)
{
    return source->is_binary ? kf__ubj_enter(&source->ubj, true)
                             : kf__scan_object(&source->json);
}

bool kf__source_name(kf_source *source, const char **name, size_t *length)
{
    return source->is_binary
               ? kf__ubj_name(&source->ubj, name, length)
               : kf__scan_name(&source->json, name, length, &source->scratch);
}

bool kf__source_list(kf_source *source)
{
    return source->is_binary ? kf__ubj_enter(&source->ubj, false)
                             : kf__scan_list(&source->json);
}

bool kf__source_item(kf_source *source)
{
    return source->is_binary ? kf__ubj_next(&source->ubj, false)
                             : kf__scan_item(&source->json);
}

bool kf__source_text(kf_source *source, const char **text, size_t *length)
{
    return source->is_binary
               ? kf__ubj_text(&source->ubj, text, length)
               : kf__scan_string(&source->json, text, length, &source->scratch);
}

static bool json_number(kf_scan *scan, bool floats, double *out)
{
    char next = kf__scan_peek(scan);
    bool truth;
    float narrow;
    if (next == 't' || next == 'f') {
        if (!kf__scan_bool(scan, &truth))
            return false;
        *out = truth;
        return true;
    }
    if (!floats)
        return kf__scan_double(scan, true, out);
    if (!kf__scan_float(scan, true, &narrow))
        return false;
    *out = (double)narrow;
    return true;
}

static bool push(kf_scan *scan, kf_numbers *out, double number)
{
    if (kf__vec_push(out, number) == KF_OK)
        return true;
    scan->status = KF_ENOMEM;
    return false;
}

static bool json_numbers(kf_scan *scan, bool floats, kf_numbers *out)
{
    if (!kf__scan_list(scan))
        return false;
    while (kf__scan_item(scan)) {
        double number, run[64];
        size_t count;
        while ((count = kf__scan_run(scan, floats, run, 64)) > 0)
            for (size_t i = 0; i < count; i++)
                if (!push(scan, out, run[i]))
                    return false;
        if (!json_number(scan, floats, &number) || !push(scan, out, number))
            return false;
    }
    return scan->status == KF_OK;
}

bool kf__source_numbers(kf_source *source, bool floats, kf_numbers *out)
{
    return source->is_binary ? kf__ubj_numbers(&source->ubj, out)
                             : json_numbers(&source->json, floats, out);
}

bool kf__source_skip(kf_source *source)
{
    return source->is_binary ? kf__ubj_skip(&source->ubj)
                             : kf__scan_skip(&source->json, NULL, NULL);
}

bool kf__source_end(kf_source *source)
{
    if (!source->is_binary)
        return kf__scan_end(&source->json);
    return (source->ubj.status == KF_OK && source->ubj.at == source->ubj.end) ||
           kf__ubj_fail(&source->ubj, KF_EPARSE, "the end of the file");
}
