/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's templates say in a runtime's container: names, labels and annotations of the
 * InferenceService. */
#include "serving/runtime.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* The rest after one ".name"; NULL: there is none. */
static const char *take_name(const char *at, const char **name, size_t *length)
{
    if (*at != '.')
        return NULL;
    *name = ++at;
    while (isalnum((unsigned char)*at) || *at == '_')
        at++;
    *length = (size_t)(at - *name);
    return *length > 0 ? at : NULL;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* What is not there is nothing. */
static void put_member(
    kf_buf *buf, const kf_value *object, const char *name, size_t length)
{
    for (size_t i = 0; i < kf_value_length(object); i++)
        if (is_word(name, length, kf_value_key(object, i)) &&
            kf__is(kf_value_at(object, i), KF_KIND_STRING))
            kf__buf_puts(buf, kf_value_string(kf_value_at(object, i)));
}

/* ".Name", ".Labels.x"; false: something else. */
static bool put_field(
    kf_buf *buf, const char *at, const char *end, const kf_value *metadata)
{
    static const char *const fields[][2] = {{"Name", "name"},
        {"Namespace", "namespace"}, {"GenerateName", "generateName"}, {"UID", "uid"}};
    static const char *const maps[][2] = {
        {"Labels", "labels"}, {"Annotations", "annotations"}};
    const char *name, *member;
    size_t length, rest;
    const char *next = take_name(at, &name, &length);
    for (size_t i = 0; next == end && i < 4; i++)
        if (is_word(name, length, fields[i][0])) {
            put_member(buf, metadata, fields[i][1], strlen(fields[i][1]));
            return true;
        }
    for (size_t i = 0; next != NULL && i < 2; i++)
        if (is_word(name, length, maps[i][0]) &&
            take_name(next, &member, &rest) == end) {
            put_member(buf, kf_value_get(metadata, maps[i][1]), member, rest);
            return true;
        }
    return false;
}

static kf_status fill_text(kf_buf *buf, const char *text, const kf_value *metadata)
{
    for (const char *at = text;;) {
        const char *begin = strstr(at, "{{");
        if (begin == NULL) {
            kf__buf_puts(buf, at);
            return KF_OK;
        }
        kf__buf_append(buf, at, (size_t)(begin - at));
        const char *end = strstr(begin, "}}");
        const char *from = begin + 2, *to = end;
        while (end != NULL && from < to && *from == ' ')
            from++;
        while (end != NULL && to > from && to[-1] == ' ')
            to--;
        if (end == NULL || !put_field(buf, from, to, metadata))
            return kf__fail(KF_EUNSUPPORTED, NULL,
                "'%.100s': expected {{.Name}}, {{.Namespace}}, {{.Labels.x}} or "
                "{{.Annotations.x}}",
                begin);
        at = end + 2;
    }
}

static kf_status fill_item(
    kf_tree *tree, kf_value *value, size_t index, const kf_value *metadata)
{
    kf_value *item = kf__at(value, index);
    if (!kf__is(item, KF_KIND_STRING))
        return kf__fill_template(tree, item, metadata);
    if (strstr(kf_value_string(item), "{{") == NULL)
        return KF_OK;
    kf_buf buf = KF__BUF_INIT;
    kf_status status = fill_text(&buf, kf_value_string(item), metadata);
    if (status == KF_OK)
        kf__set_at(value, index, kf__tree_string(tree, kf__buf_text(&buf)));
    if (buf.status != KF_OK)
        tree->status = buf.status;
    kf__buf_finish(&buf);
    return status;
}

kf_status kf__fill_template(kf_tree *tree, kf_value *value, const kf_value *metadata)
{
    if (!kf__is(value, KF_KIND_STRUCT) && !kf__is(value, KF_KIND_LIST))
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(value); i++)
        KF__TRY(fill_item(tree, value, i, metadata));
    return KF_OK;
}
