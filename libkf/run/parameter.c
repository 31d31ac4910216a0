/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "io/json.h"
#include "run/bundle.h"

static const char *kind_name(const kf_value *value)
{
    static const char *const names[] = {"null", "a boolean", "an integer", "a number",
        "a string", "a list", "a struct"};
    return names[kf_value_kind(value)];
}

static kf_status mismatch(
    kf_type type, const kf_value *value, const char *name, const char *where)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    bool cut = text.length > 60;
    kf_status status = kf__fail(KF_ETYPE, where,
        "'%s' is of type %s and cannot take %s: %.60s%s", name, kf_type_name(type),
        kind_name(value), kf__buf_text(&text), cut ? "…" : "");
    kf__buf_finish(&text);
    return status;
}

static kf_value *text_of(kf_tree *tree, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_SPACED);
    kf_value *made = kf__tree_string_n(tree, kf__buf_text(&text), text.length);
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
    return made;
}

/* A list or a struct, also where its JSON stands in a string. */
static kf_value *nested_of(kf_tree *tree, kf_kind kind, const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (!text)
        return kf_value_kind(value) == kind ? kf__tree_copy(tree, value) : NULL;
    kf_value *parsed = NULL;
    kf_status status = kf__json_read(tree, text, kf_value_length(value), &parsed);
    if (status == KF_ENOMEM)
        tree->status = status;
    return status == KF_OK && kf__is(parsed, kind) ? parsed : NULL;
}

static kf_value *integer_of(kf_tree *tree, const kf_value *value)
{
    if (kf_value_kind(value) == KF_KIND_INT)
        return kf__tree_int(tree, kf_value_int(value));
    double number = kf_value_double(value);
    if (kf_value_kind(value) != KF_KIND_DOUBLE || number < -0x1p63 ||
        number >= 0x1p63 || (double)(int64_t)number != number)
        return NULL;
    return kf__tree_int(tree, (int64_t)number);
}

static kf_value *converted(kf_tree *tree, kf_type type, const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    switch (type) {
    case KF_TYPE_STRING:
        return kind == KF_KIND_STRING ? kf__tree_copy(tree, value)
                                      : text_of(tree, value);
    case KF_TYPE_INTEGER:
        return integer_of(tree, value);
    case KF_TYPE_DOUBLE:
        return kind == KF_KIND_INT || kind == KF_KIND_DOUBLE
                   ? kf__tree_double(tree, kf_value_double(value))
                   : NULL;
    case KF_TYPE_BOOLEAN:
        return kind == KF_KIND_BOOL ? kf__tree_copy(tree, value) : NULL;
    case KF_TYPE_LIST:
        return nested_of(tree, KF_KIND_LIST, value);
    case KF_TYPE_STRUCT:
    case KF_TYPE_TASK_FINAL_STATUS:
    case KF_TYPE_TASK_CONFIG:
        return nested_of(tree, KF_KIND_STRUCT, value);
    default:
        return kf__tree_copy(tree, value);
    }
}

kf_status kf__parameter_convert(kf_tree *tree, kf_type type, const kf_value *value,
    const char *name, const char *where, kf_value **out)
{
    kf_value *made = converted(tree, type, value);
    KF__TRY(kf__tree_status(tree));
    if (!made)
        return mismatch(type, value, name, where);
    *out = made;
    return KF_OK;
}

kf_status kf__parameter_fit(kf_tree *tree, const kf_plan_io *io, const kf_value *value,
    const char *where, kf_value **out)
{
    kf_value *made = NULL;
    KF__TRY(kf__parameter_convert(tree, io->type, value, io->name, where, &made));
    size_t count = kf_value_length(io->literals);
    for (size_t i = 0; i < count; i++)
        if (kf_value_equal(kf_value_at(io->literals, i), made))
            count = 0;
    if (kf_value_length(io->literals) && count) {
        kf_buf text = KF__BUF_INIT;
        kf__put_json(&text, made, KF_JSON_SPACED);
        kf__buf_puts(&text, "; it takes one of ");
        kf__put_json(&text, io->literals, KF_JSON_SPACED);
        kf_status status = kf__fail(
            KF_EINVAL, where, "'%s' cannot be %s", io->name, kf__buf_text(&text));
        kf__buf_finish(&text);
        return status;
    }
    *out = made;
    return KF_OK;
}
