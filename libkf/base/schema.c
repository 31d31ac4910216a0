/* SPDX-License-Identifier: Apache-2.0 */
#include "base/schema.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"

const kf_field kf__metadata_fields[] = {KF__F_TEXT("name"), KF__F_TEXT("generateName"),
    KF__F_TEXT("namespace"), KF__F_TEXTS("labels"), KF__F_TEXTS("annotations"),
    KF__F_END};

static const char *kind_name(const kf_value *value)
{
    static const char *const names[] = {
        "null", "a boolean", "a number", "a number", "text", "a list", "a mapping"};
    return names[kf_value_kind(value)];
}

static const char *type_name(const kf_field *field)
{
    switch (field->type) {
    case KF__FIELD_STRING:
        return "text";
    case KF__FIELD_BOOL:
        return "true or false";
    case KF__FIELD_INT32:
        return "a whole number of 32 bits";
    case KF__FIELD_INT64:
        return "a whole number of 64 bits";
    case KF__FIELD_DOUBLE:
        return "a number";
    case KF__FIELD_PORT:
        return "a whole number or text";
    case KF__FIELD_QUANTITY:
        return "a quantity, as '500m' or '2Gi',";
    default:
        return "a mapping";
    }
}

static void wrong(kf_report *report, const kf_place *place, const kf_field *field,
    const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    bool quotes = field->type == KF__FIELD_STRING && kind >= KF_KIND_BOOL &&
                  kind <= KF_KIND_DOUBLE;
    kf__find_error(report, KF_ETYPE, place, value, "%s expected, not %s%s",
        type_name(field), kind_name(value), quotes ? ": write it in quotes" : "");
}

static bool whole(const kf_value *value, double least, double most)
{
    double number = kf_value_double(value);
    if (kf__is(value, KF_KIND_INT) && most == 0x1p63)
        return true;
    return (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)) &&
           number == floor(number) && number >= least && number < most;
}

static kf_value *read_scalar(
    kf_tree *tree, const kf_field *field, const kf_value *value)
{
    switch (field->type) {
    case KF__FIELD_ANY:
        return kf__tree_copy(tree, value);
    case KF__FIELD_STRING:
        return kf__is(value, KF_KIND_STRING) ? kf__tree_copy(tree, value) : NULL;
    case KF__FIELD_BOOL:
        return kf__is(value, KF_KIND_BOOL) ? kf__tree_copy(tree, value) : NULL;
    case KF__FIELD_QUANTITY:
        return kf__quantity(value, NULL) ? kf__tree_copy(tree, value) : NULL;
    case KF__FIELD_PORT:
        if (kf__is(value, KF_KIND_STRING))
            return kf__tree_copy(tree, value);
        /* FALLTHROUGH */
    case KF__FIELD_INT32:
        return whole(value, -0x1p31, 0x1p31) ? kf__tree_int(tree, kf_value_int(value))
                                             : NULL;
    case KF__FIELD_INT64:
        return whole(value, -0x1p63, 0x1p63) ? kf__tree_int(tree, kf_value_int(value))
                                             : NULL;
    case KF__FIELD_DOUBLE:
        if (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE))
            return kf__tree_double(tree, kf_value_double(value));
        return NULL;
    default:
        return kf__is(value, KF_KIND_STRUCT) ? kf__tree_copy(tree, value) : NULL;
    }
}

static kf_value *read_texts(
    kf_tree *tree, kf_report *report, const kf_place *place, const kf_value *value)
{
    static const kf_field text = {.type = KF__FIELD_STRING};
    kf_value *texts = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const kf_value *member = kf_value_at(value, i);
        const char *key = kf_value_key(value, i);
        if (kf_value_kind(member) == KF_KIND_NULL)
            kf__put_text(tree, texts, key, "");
        else if (kf__is(member, KF_KIND_STRING))
            kf__put(tree, texts, key, kf__tree_copy(tree, member));
        else
            wrong(report, KF__PLACE(place, key), &text, member);
    }
    return texts;
}

/* Goes on with the text that was meant. */
static kf_value *as_text(kf_tree *tree, const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    if (kind == KF_KIND_LIST || kind == KF_KIND_STRUCT)
        return NULL;
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    kf_value *made = kf__tree_string(tree, kf__buf_text(&text));
    kf__buf_finish(&text);
    return made;
}

static kf_value *read_one(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    kf_value *made = NULL;
    bool is_struct = kf__is(value, KF_KIND_STRUCT);
    if (kf_value_kind(value) == KF_KIND_NULL)
        made = field->type == KF__FIELD_STRUCT   ? kf__tree_struct(tree)
               : field->type == KF__FIELD_STRING ? kf__tree_string(tree, "")
                                                 : kf__tree_null(tree);
    else if (field->type == KF__FIELD_STRUCT && is_struct)
        return kf__schema_read(tree, report, place, field->fields, value);
    else if (field->type == KF__FIELD_TEXTS && is_struct)
        made = read_texts(tree, report, place, value);
    else if (field->type != KF__FIELD_STRUCT && field->type != KF__FIELD_TEXTS)
        made = read_scalar(tree, field, value);
    if (made == NULL && kf__tree_status(tree) == KF_OK) {
        wrong(report, place, field, value);
        made = field->type == KF__FIELD_STRING ? as_text(tree, value) : NULL;
    }
    if (made != NULL)
        kf__mark(made, kf__line(value), kf__column(value));
    return made;
}

static kf_value *read_list(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    if (!kf__is(value, KF_KIND_LIST)) {
        kf__find_error(report, KF_ETYPE, place, value, "a list expected, not %s",
            kind_name(value));
        return NULL;
    }
    size_t count = kf_value_length(value);
    size_t most = field->type == KF__FIELD_STRUCT ? KF__LIMIT_SCHEMA_ITEMS
                                                  : KF__LIMIT_SCHEMA_TEXTS;
    if (count > most) {
        kf__find_error(report, KF_ELIMIT, place, value,
            "the list has %zu items: at most %zu are read", count, most);
        count = most;
    }
    kf_value *list = kf__tree_list(tree);
    for (size_t i = 0; i < count; i++)
        kf__push(tree, list,
            read_one(
                tree, report, KF__PLACE_AT(place, i), field, kf_value_at(value, i)));
    if (list != NULL)
        kf__mark(list, kf__line(value), kf__column(value));
    return list;
}

static kf_value *read_map(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    static const kf_field map = {.type = KF__FIELD_OBJECT};
    if (!kf__is(value, KF_KIND_STRUCT)) {
        wrong(report, place, &map, value);
        return NULL;
    }
    size_t count = kf_value_length(value);
    if (count > KF__LIMIT_SCHEMA_ITEMS) {
        kf__find_error(report, KF_ELIMIT, place, value,
            "the mapping has %zu members: at most %d are read", count,
            KF__LIMIT_SCHEMA_ITEMS);
        count = KF__LIMIT_SCHEMA_ITEMS;
    }
    kf_value *made = kf__tree_struct(tree);
    for (size_t i = 0; i < count; i++) {
        const char *key = kf_value_key(value, i);
        kf__put(tree, made, key,
            read_one(
                tree, report, KF__PLACE(place, key), field, kf_value_at(value, i)));
    }
    if (made != NULL)
        kf__mark(made, kf__line(value), kf__column(value));
    return made;
}

static size_t count_fields(const kf_field *fields)
{
    size_t count = 0;
    for (; fields->name != NULL; fields++)
        count += fields->type == KF__FIELD_INLINE ? count_fields(fields->fields) : 1;
    return count;
}

static const char *next_field(const void *state, size_t index)
{
    for (const kf_field *field = state; field->name != NULL; field++) {
        size_t count =
            field->type == KF__FIELD_INLINE ? count_fields(field->fields) : 1;
        if (index < count)
            return count == 1 && field->type != KF__FIELD_INLINE
                       ? field->name
                       : next_field(field->fields, index);
        index -= count;
    }
    return NULL;
}

static void unknown(kf_report *report, const kf_place *place, const kf_field *fields,
    const char *name, const kf_value *value)
{
    if (fields == kf__metadata_fields)
        return;
    kf__find_warning(report, KF_ENOENT, place, value,
        "unknown field '%.100s', ignored%s", name,
        kf__hint_of(name, next_field, fields).text);
}

static const kf_field *find(const kf_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        const kf_field *found = fields->type == KF__FIELD_INLINE
                                    ? find(fields->fields, name)
                                : strcmp(fields->name, name) == 0 ? fields
                                                                  : NULL;
        if (found != NULL)
            return found;
    }
    return NULL;
}

kf_value *kf__schema_read(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *fields, const kf_value *value)
{
    kf_value *object = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        const kf_value *member = kf_value_at(value, i);
        const kf_field *field = find(fields, key);
        if (kf_value_kind(member) == KF_KIND_NULL)
            continue;
        const kf_place *here = KF__PLACE(place, key);
        if (field == NULL)
            unknown(report, here, fields, key, member);
        if (field == NULL)
            kf__put(tree, object, key, kf__tree_copy(tree, member));
        else if (field->is_list)
            kf__put(tree, object, key, read_list(tree, report, here, field, member));
        else if (field->is_map)
            kf__put(tree, object, key, read_map(tree, report, here, field, member));
        else
            kf__put(tree, object, key, read_one(tree, report, here, field, member));
    }
    if (object != NULL)
        kf__mark(object, kf__line(value), kf__column(value));
    return object;
}
