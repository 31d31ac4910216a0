/* SPDX-License-Identifier: Apache-2.0 */
/* What Kubernetes asks of a document beyond the types of its fields. */
#include "base/schema.h"

#include <string.h>

#include "base/text.h"

/* ---- quantities ---- */

static const char *skip_digits(const char *at, bool *any)
{
    for (; *at >= '0' && *at <= '9'; at++)
        *any = true;
    return at;
}

/* Past a number with a point perhaps; NULL: there is none. */
static const char *skip_number(const char *at)
{
    bool any = false;
    at = skip_digits(at, &any);
    if (*at == '.')
        at = skip_digits(at + 1, &any);
    return any ? at : NULL;
}

static bool suffix_factor(const char *suffix, double *factor)
{
    static const char decimal[] = "numkMGTPE", binary[] = "KMGTPE";
    static const double factors[] = {1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18};
    *factor = 1;
    if (*suffix == '\0')
        return true;
    const char *at = strchr(decimal, *suffix);
    if (suffix[1] == '\0' && at != NULL) {
        *factor = factors[at - decimal];
        return true;
    }
    at = strchr(binary, *suffix);
    if (at == NULL || strcmp(suffix + 1, "i") != 0)
        return false;
    for (; at >= binary; at--)
        *factor *= 1024;
    return true;
}

/* [+-] number, then a suffix or e[+-]number. */
static bool quantity_text(const char *text, double *out)
{
    const char *begin = text + (*text == '+' || *text == '-');
    const char *end = skip_number(begin);
    double factor = 1, number;
    if (end == NULL)
        return false;
    if (!suffix_factor(end, &factor)) {
        if (*end != 'e' && *end != 'E')
            return false;
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        const char *rest = skip_number(exponent);
        if (rest == NULL || *rest != '\0')
            return false;
        end = rest;
    }
    char digits[64];
    size_t length = (size_t)(end - begin);
    if (length >= sizeof digits)
        return false;
    memcpy(digits, begin, length);
    digits[length] = '\0';
    if (!kf__parse_double(digits, &number))
        return false;
    *out = (*text == '-' ? -number : number) * factor;
    return true;
}

bool kf__quantity(const kf_value *value, double *out)
{
    double number = kf_value_double(value);
    if (kf__is(value, KF_KIND_STRING)) {
        if (!quantity_text(kf_value_string(value), &number))
            return false;
    } else if (!kf__is(value, KF_KIND_INT) && !kf__is(value, KF_KIND_DOUBLE)) {
        return false;
    }
    if (out != NULL)
        *out = number;
    return true;
}

/* ---- the rest ---- */

/* Whether `text` is one of the words, which have one space between them. */
static bool is_choice(const char *text, const char *choices)
{
    size_t length = strlen(text);
    for (const char *at = choices;; at++) {
        size_t word = strcspn(at, " ");
        if (word == length && memcmp(at, text, length) == 0)
            return true;
        at += word;
        if (*at == '\0')
            return false;
    }
}

static kf_hint hint_of_choice(const char *text, const char *choices)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *names = kf__tree_struct(&tree);
    for (const char *at = choices; *at != '\0'; at += *at == ' ') {
        size_t word = strcspn(at, " ");
        const kf_value *name = kf__tree_string_n(&tree, at, word);
        if (name != NULL && word > 0)
            kf__put_bool(&tree, names, kf_value_string(name), true);
        at += word;
    }
    kf_hint hint = kf__hint(text, names);
    kf__tree_finish(&tree);
    return hint;
}

static void check_choice(kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    const char *text = kf_value_string(value);
    if (text == NULL || is_choice(text, field->choices))
        return;
    char listed[256];
    size_t at = 0;
    const char *from = field->choices + strspn(field->choices, " ");
    for (; *from != '\0' && at + 3 < sizeof listed; from++) {
        if (*from == ' ')
            listed[at++] = ',';
        listed[at++] = *from;
    }
    listed[at] = '\0';
    kf__find_error(report, KF_EINVAL, place, value, "'%.100s': expected one of %s%s",
        text, listed, hint_of_choice(text, field->choices).text);
}

/* The member, or NULL for one that the keys do not name. */
static bool same_key(const kf_value *a, const kf_value *b, const char *keys)
{
    if (*keys == '\0')
        return kf_value_equal(a, b);
    char name[64];
    for (const char *at = keys; *at != '\0'; at += *at == ' ') {
        size_t length = strcspn(at, " ");
        if (length >= sizeof name)
            return false;
        memcpy(name, at, length);
        name[length] = '\0';
        const kf_value *first = kf_value_get(a, name), *second = kf_value_get(b, name);
        if (first != second &&
            (first == NULL || second == NULL || !kf_value_equal(first, second)))
            return false;
        at += length;
    }
    return true;
}

static void check_keys(kf_report *report, const kf_place *place, const kf_field *field,
    const kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++)
        for (size_t k = 0; k < i; k++) {
            const kf_value *item = kf_value_at(list, i);
            if (!same_key(item, kf_value_at(list, k), field->keys))
                continue;
            const char *name = kf_value_string(
                *field->keys == '\0' ? item : kf_value_get(item, field->keys));
            kf__find_error(report, KF_EEXIST, KF__PLACE_AT(place, i), item,
                "%s%.100s%s stands in the list twice", name != NULL ? "'" : "",
                name != NULL ? name : "the same", name != NULL ? "'" : "");
            break;
        }
}

static void check_member(kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    if (field->choices != NULL)
        check_choice(report, place, field, value);
    if (field->type == KF__FIELD_STRUCT)
        kf__schema_demand(report, place, field->fields, value);
}

static void check_field(kf_report *report, const kf_place *place, const kf_field *field,
    const kf_value *value)
{
    if (field->is_list && field->keys != NULL)
        check_keys(report, place, field, value);
    if (!field->is_list && !field->is_map) {
        check_member(report, place, field, value);
        return;
    }
    for (size_t i = 0; i < kf_value_length(value); i++)
        check_member(report,
            field->is_map ? KF__PLACE(place, kf_value_key(value, i))
                          : KF__PLACE_AT(place, i),
            field, kf_value_at(value, i));
}

void kf__schema_demand(kf_report *report, const kf_place *place, const kf_field *fields,
    const kf_value *value)
{
    for (const kf_field *field = fields; field->name != NULL; field++) {
        if (field->type == KF__FIELD_INLINE) {
            kf__schema_demand(report, place, field->fields, value);
            continue;
        }
        const kf_value *member = kf_value_get(value, field->name);
        const kf_place *here = KF__PLACE(place, field->name);
        if (member != NULL)
            check_field(report, here, field, member);
        else if (field->is_required)
            kf__find_error(report, KF_EMISSING, here, value,
                "the field '%s' is missing", field->name);
    }
}
