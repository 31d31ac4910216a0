/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/ir_shape.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

typedef struct shaper {
    kf_tree *tree;
    kf_report *report;
    bool is_struct;
} shaper;

static const char *kind_name(const kf_value *value)
{
    static const char *const names[] = {
        "null", "a boolean", "a number", "a number", "text", "a list", "a mapping"};
    return names[kf_value_kind(value)];
}

static const char *type_name(const kf_ir_field *field)
{
    switch ((kf_ir_type)field->type) {
    case KF__IR_STRING:
        return "text";
    case KF__IR_BOOL:
        return "true or false";
    case KF__IR_INT32:
        return "a whole number of 32 bits";
    case KF__IR_INT64:
        return "a whole number of 64 bits";
    case KF__IR_DOUBLE:
        return "a number";
    case KF__IR_DURATION:
        return "seconds such as '3.5s'";
    case KF__IR_ENUM:
        return "a name";
    default:
        return "a mapping";
    }
}

/* ---- scalars ---- */

static kf_value *like(const kf_value *from, kf_value *made)
{
    if (made != NULL)
        kf__mark(made, kf__line(from), kf__column(from));
    return made;
}

static kf_value *as_double(shaper *self, kf_value *value)
{
    int64_t integer = kf_value_int(value);
    double number = (double)integer;
    if (number >= 0x1p63 || (int64_t)number != integer)
        return value;
    return like(value, kf__tree_double(self->tree, number));
}

/* The whole number that a value of any notation is. */
static bool take_int(const kf_value *value, int64_t *out)
{
    double number = kf_value_double(value);
    switch (kf_value_kind(value)) {
    case KF_KIND_INT:
        *out = kf_value_int(value);
        return true;
    case KF_KIND_DOUBLE:
        *out = kf_value_int(value);
        return trunc(number) == number && fabs(number) < 0x1p63;
    case KF_KIND_STRING:
        return kf__parse_int64(kf_value_string(value), out);
    default:
        return false;
    }
}

static bool is_duration(const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (text == NULL)
        return false;
    text += *text == '-';
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t fraction = 0;
    if (*rest == '.') {
        fraction = strspn(rest + 1, "0123456789");
        if (fraction == 0)
            return false;
        rest += fraction + 1;
    }
    /* 10,000 years, the most that protobuf takes. */
    return whole > 0 && whole <= 12 && fraction <= 9 && strcmp(rest, "s") == 0;
}

/* What stands there, as far as it can be shown in a line. */
static void put_found(kf_buf *out, const kf_value *value)
{
    const char *text = kf_value_string(value);
    kf_kind kind = kf_value_kind(value);
    if (text != NULL && kf_value_length(value) <= 40) {
        kf__buf_printf(out, "the text '%s'", text);
    } else if (kind == KF_KIND_INT || kind == KF_KIND_DOUBLE) {
        kf__buf_puts(out, "the number ");
        kf__put_json(out, value, KF_JSON_COMPACT);
    } else {
        kf__buf_puts(out, kind_name(value));
    }
}

static void wrong_type(shaper *self, const kf_place *place, const kf_ir_field *field,
    const kf_value *value)
{
    bool quotes = field->type == KF__IR_STRING &&
                  kf_value_kind(value) >= KF_KIND_BOOL &&
                  kf_value_kind(value) <= KF_KIND_DOUBLE;
    kf_buf found = KF__BUF_INIT;
    put_found(&found, value);
    kf__find_error(self->report, KF_EDOCUMENT, place, value, "%s expected, not %s%s",
        type_name(field), kf__buf_text(&found), quotes ? ": write it in quotes" : "");
    kf__buf_finish(&found);
}

static const char *enum_name(const void *state, size_t index)
{
    return ((const kf_ir_enum *)state)->values[index];
}

static kf_value *shape_enum(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    const char *name = kf_value_string(value);
    if (name != NULL && kf__ir_enum_number(field->names, name) >= 0)
        return value;
    int64_t number = -1;
    int count = 0;
    while (field->names->values[count] != NULL)
        count++;
    if (name == NULL && take_int(value, &number) && number >= 0 && number < count)
        return like(
            value, kf__tree_string_ref(self->tree, field->names->values[number]));
    kf_buf names = KF__BUF_INIT;
    for (int i = 1; i < count; i++) /* The first says that nothing is said. */
        kf__buf_printf(&names, "%s%s", i > 1 ? ", " : "", field->names->values[i]);
    kf__find_error(self->report, KF_EDOCUMENT, place, value,
        "%s%.60s%s is none of %s%s", name != NULL ? "'" : "",
        name != NULL ? name : kind_name(value), name != NULL ? "'" : "",
        kf__buf_text(&names),
        name != NULL ? kf__hint_of(name, enum_name, field->names).text : "");
    kf__buf_finish(&names);
    return value;
}

static kf_value *shape_number(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    int64_t integer;
    double number;
    if (field->type == KF__IR_DOUBLE) {
        if (kf_value_kind(value) == KF_KIND_INT)
            return as_double(self, value);
        if (kf_value_kind(value) == KF_KIND_DOUBLE)
            return value;
        if (kf_value_kind(value) == KF_KIND_STRING &&
            kf__parse_double(kf_value_string(value), &number))
            return like(value, kf__tree_double(self->tree, number));
    } else if (take_int(value, &integer)) {
        if (field->type == KF__IR_INT64)
            return value;
        if (integer >= INT32_MIN && integer <= INT32_MAX)
            return like(value, self->is_struct
                                   ? kf__tree_double(self->tree, (double)integer)
                                   : kf__tree_int(self->tree, integer));
    }
    wrong_type(self, place, field, value);
    return value;
}

static kf_value *shape_text(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    const char *text = kf_value_string(value);
    if (text == NULL)
        wrong_type(self, place, field, value);
    else if (strlen(text) != kf_value_length(value))
        kf__find_error(self->report, KF_EDOCUMENT, place, value,
            "text with a NUL character in it");
    return value;
}

/* ---- values and structs ---- */

/* Numbers of protobuf's Value are doubles. */
static kf_value *shape_any(shaper *self, kf_value *value)
{
    if (kf_value_kind(value) == KF_KIND_INT)
        return as_double(self, value);
    size_t count = kf_value_kind(value) >= KF_KIND_LIST ? kf_value_length(value) : 0;
    for (size_t i = 0; i < count; i++)
        kf__set_at(value, i, shape_any(self, kf__at(value, i)));
    return value;
}

static kf_value *shape_message(
    shaper *self, const kf_place *place, const kf_ir_message *message, kf_value *value);

static kf_value *shape_one(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    switch ((kf_ir_type)field->type) {
    case KF__IR_STRING:
        return shape_text(self, place, field, value);
    case KF__IR_BOOL:
        if (kf_value_kind(value) != KF_KIND_BOOL)
            wrong_type(self, place, field, value);
        return value;
    case KF__IR_INT32:
    case KF__IR_INT64:
    case KF__IR_DOUBLE:
        return shape_number(self, place, field, value);
    case KF__IR_DURATION:
        if (!is_duration(value))
            wrong_type(self, place, field, value);
        return value;
    case KF__IR_ENUM:
        return shape_enum(self, place, field, value);
    case KF__IR_STRUCT:
        if (kf_value_kind(value) != KF_KIND_STRUCT)
            wrong_type(self, place, field, value);
        return shape_any(self, value);
    case KF__IR_VALUE:
        return shape_any(self, value);
    case KF__IR_MESSAGE:
        return shape_message(self, place, field->message, value);
    }
    return value;
}

static kf_value *shape_items(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    if (kf_value_kind(value) != KF_KIND_LIST) {
        kf__find_error(self->report, KF_EDOCUMENT, place, value,
            "a list expected, not %s", kind_name(value));
        return value;
    }
    for (size_t i = 0; i < kf_value_length(value); i++)
        kf__set_at(
            value, i, shape_one(self, KF__PLACE_AT(place, i), field, kf__at(value, i)));
    return value;
}

static kf_value *shape_entries(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    if (kf_value_kind(value) != KF_KIND_STRUCT) {
        kf__find_error(self->report, KF_EDOCUMENT, place, value,
            "a mapping expected, not %s", kind_name(value));
        return value;
    }
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        if (strlen(key) > KF__LIMIT_NAME_BYTES)
            kf__find_error(self->report, KF_ELIMIT, place, kf__at(value, i),
                "the name '%.40s…' is longer than the limit of %d bytes", key,
                KF__LIMIT_NAME_BYTES);
        kf__set_at(
            value, i, shape_one(self, KF__PLACE(place, key), field, kf__at(value, i)));
    }
    return value;
}

static kf_value *shape_field(
    shaper *self, const kf_place *place, const kf_ir_field *field, kf_value *value)
{
    switch ((kf_ir_shape)field->shape) {
    case KF__IR_LIST:
        return shape_items(self, place, field, value);
    case KF__IR_MAP:
        return shape_entries(self, place, field, value);
    default:
        return shape_one(self, place, field, value);
    }
}

/* ---- messages ---- */

static const char *field_name(const void *state, size_t index)
{
    return ((const kf_ir_message *)state)->fields[index].name;
}

static void unknown_field(shaper *self, const kf_place *place,
    const kf_ir_message *message, const char *name, const kf_value *value)
{
    kf__find_error(self->report, KF_EDOCUMENT, place, value,
        "%s has no field '%.100s'%s", message->name, name,
        kf__hint_of(name, field_name, message).text);
}

/* protobuf's JSON: null is the same as no field at all, but for a Value. */
static bool is_absent(const kf_ir_field *field, const kf_value *value)
{
    return kf_value_kind(value) == KF_KIND_NULL &&
           !(field->type == KF__IR_VALUE && field->shape == KF__IR_ONE);
}

/* The same struct with the names of the message's fields, without what is absent. */
static kf_value *rename_fields(
    shaper *self, const kf_place *place, const kf_ir_message *message, kf_value *value)
{
    kf_value *renamed = like(value, kf__tree_struct(self->tree));
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *name = kf_value_key(value, i);
        const kf_ir_field *field = kf__ir_field(message, name);
        kf_value *member = kf__at(value, i);
        if (field == NULL) {
            kf__put(self->tree, renamed, name, member);
        } else if (!is_absent(field, member)) {
            if (kf_value_get(renamed, field->name) != NULL)
                kf__find_error(self->report, KF_EDOCUMENT, KF__PLACE(place, name),
                    member, "'%s' is given twice", field->name);
            kf__put_ref(self->tree, renamed, field->name, member);
        }
    }
    return renamed;
}

static kf_value *shape_message(
    shaper *self, const kf_place *place, const kf_ir_message *message, kf_value *value)
{
    if (kf_value_kind(value) != KF_KIND_STRUCT) {
        kf__find_error(self->report, KF_EDOCUMENT, place, value,
            "%s expected, a mapping, not %s", message->name, kind_name(value));
        return value;
    }
    bool rename = false;
    const char *chosen = NULL;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *name = kf_value_key(value, i);
        kf_value *member = kf__at(value, i);
        const kf_ir_field *field = kf__ir_field(message, name);
        const kf_place *here = KF__PLACE(place, name);
        if (field == NULL) {
            unknown_field(self, here, message, name, member);
            continue;
        }
        rename = rename || strcmp(name, field->name) != 0;
        if (is_absent(field, member)) {
            rename = true;
            continue;
        }
        if (field->choice != 0 && chosen != NULL)
            kf__find_error(self->report, KF_EDOCUMENT, here, member,
                "%s has either '%s' or '%s', not both", message->name, chosen,
                field->name);
        if (field->choice != 0)
            chosen = field->name;
        kf__set_at(value, i, shape_field(self, here, field, member));
    }
    return rename ? rename_fields(self, place, message, value) : value;
}

kf_value *kf__ir_shape(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_ir_message *message, kf_value *value)
{
    shaper self = {.tree = tree, .report = report};
    return shape_message(&self, place, message, value);
}

kf_value *kf__ir_shape_struct(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_ir_message *message, kf_value *value)
{
    shaper self = {.tree = tree, .report = report, .is_struct = true};
    return shape_message(&self, place, message, value);
}
