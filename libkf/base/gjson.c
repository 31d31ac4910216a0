/* SPDX-License-Identifier: Apache-2.0 */
#include "base/gjson.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

/* Walks the path while it is evaluated. To check a path alone there is no value: all
 * parts are parsed, and nothing is looked up. */
typedef struct walker {
    const char *path;
    const char *end;
    kf_tree *tree;
    bool dry;
    int depth;
} walker;

typedef struct query {
    const char *name; /* The path on the left; may be empty. */
    size_t name_length;
    const char *operator_; /* NULL: whether there is something at the path. */
    size_t operator_length;
    const char *value; /* Its text, without quotes. */
    bool all;
} query;

static kf_status walk(
    walker *self, const char *at, const kf_value *value, const kf_value **out);

static kf_status fail(const walker *self, const char *at, const char *message)
{
    return kf__fail_at(KF_EPARSE, NULL, 1, (int)(at - self->path) + 1,
        "column %d of the path '%.200s': %s", (int)(at - self->path) + 1, self->path,
        message);
}

static bool is_end(const walker *self, const char *at)
{
    return at >= self->end;
}

static bool is_separator(char c)
{
    return c == '.' || c == '|';
}

/* The end of text in quotes that begins at `at`; NULL: it has none. */
static const char *skip_quotes(const walker *self, const char *at)
{
    for (at++; !is_end(self, at); at++) {
        if (*at == '\\')
            at++;
        else if (*at == '"')
            return at + 1;
    }
    return NULL;
}

/* The closing bracket of the one at `at`. */
static kf_status find_close(
    const walker *self, const char *at, char open, char close, const char **out)
{
    int depth = 0;
    const char *start = at;
    while (!is_end(self, at)) {
        if (*at == '"') {
            const char *after = skip_quotes(self, at);
            if (after == NULL)
                return fail(self, at, "a quote is not closed");
            at = after;
            continue;
        }
        if (*at == '\\' && !is_end(self, at + 1))
            at++;
        else if (*at == open)
            depth++;
        else if (*at == close && --depth == 0) {
            *out = at;
            return KF_OK;
        }
        at++;
    }
    return fail(self, start, "a bracket is not closed");
}

/* A walker of a part of the path, [at, end). */
static walker part_of(const walker *self, const char *end)
{
    walker part = *self;
    part.end = end;
    part.depth++;
    return part;
}

/* ---- names ---- */

/* The bytes of the character of UTF-8 that begins there. */
static size_t character(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xc0) == 0x80)
        length++;
    return length;
}

/* Whether the name fits a pattern with * and ?, \ before characters as they are. */
static bool fits(const char *pattern, const char *end, const char *name)
{
    const char *star = NULL, *resume = NULL;
    while (*name != '\0') {
        bool literal = pattern < end && *pattern == '\\' && pattern + 1 < end;
        const char *at = pattern + (literal ? 1 : 0);
        if (!literal && pattern < end && *pattern == '*') {
            star = ++pattern;
            resume = name;
        } else if (pattern < end && !literal && *at == '?') {
            pattern = at + 1;
            name += character(name);
        } else if (pattern < end && *at == *name) {
            pattern = at + 1;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++resume;
        } else {
            return false;
        }
    }
    while (pattern < end && *pattern == '*')
        pattern++;
    return pattern == end;
}

static const kf_value *item_of(const kf_value *value, const char *at, const char *end)
{
    size_t digits = strspn(at, "0123456789");
    if (!kf__is(value, KF_KIND_LIST) || digits == 0 || digits > 9 || at + digits != end)
        return NULL;
    size_t index = 0;
    for (size_t i = 0; i < digits; i++)
        index = index * 10 + (size_t)(at[i] - '0');
    return kf_value_at(value, index);
}

/* ---- queries ---- */

static bool at_operator(const char *at, size_t *length)
{
    static const char *const operators[] = {
        "==", "!=", "<=", ">=", "!%", "<", ">", "%", "="};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        *length = strlen(operators[i]);
        if (strncmp(at, operators[i], *length) == 0)
            return true;
    }
    return false;
}

/* What is compared with is text; the kind of what is found says how. */
static kf_status parse_literal(
    const walker *self, const char *at, const char *end, const char **out)
{
    while (at < end && *at == ' ')
        at++;
    while (end > at && end[-1] == ' ')
        end--;
    if (at == end)
        return fail(self, at, "expected a value to compare with");
    if (*at == '~')
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "the path '%.200s' compares with '~', which libkf does not do", self->path);
    *out = kf__arena_strndup(&self->tree->arena, at, (size_t)(end - at));
    if (*out == NULL || *at != '"')
        return *out != NULL ? KF_OK : KF_ENOMEM;
    kf_value *value = NULL;
    kf_status status = kf_value_parse(at, (size_t)(end - at), &value);
    if (status == KF_OK)
        *out = kf__arena_strdup(&self->tree->arena, kf_value_string(value));
    kf_value_free(value);
    if (status == KF_EPARSE)
        return fail(self, at, "the text in quotes is not as JSON has it");
    return status == KF_OK && *out == NULL ? KF_ENOMEM : status;
}

static kf_status parse_query(
    const walker *self, const char *at, const char *end, query *out)
{
    size_t length = 0;
    const char *right = at;
    int depth = 0;
    for (; right < end; right++) {
        if (*right == '\\' && right + 1 < end) {
            right++;
            continue;
        }
        depth += *right == '(' || *right == '[';
        depth -= *right == ')' || *right == ']';
        if (depth == 0 && at_operator(right, &length))
            break;
    }
    const char *left_end = right < end ? right : end;
    while (left_end > at && left_end[-1] == ' ')
        left_end--;
    out->name = at;
    out->name_length = (size_t)(left_end - at);
    if (right >= end) {
        if (out->name_length == 0)
            return fail(self, at, "the query is empty");
        return KF_OK;
    }
    out->operator_ = right;
    out->operator_length = length;
    return parse_literal(self, right + length, end, &out->value);
}

/* -1, 0, 1; `text` compares with it as texts or numbers, and true is more than false. */
static int order_of(const kf_value *value, const char *text)
{
    double number = 0;
    if (kf__is(value, KF_KIND_STRING)) {
        int order = strcmp(kf_value_string(value), text);
        return (order > 0) - (order < 0);
    }
    (void)kf__parse_double(text, &number);
    double own = kf_value_double(value);
    return (own > number) - (own < number);
}

/* As gjson compares bools: with "true" and "false", and with other text as unequal. */
static bool compares_bool(const query *self, bool value)
{
    bool equal = strcmp(self->value, value ? "true" : "false") == 0;
    bool other = strcmp(self->value, value ? "false" : "true") == 0;
    bool with = self->operator_length == 2;
    switch (self->operator_[0]) {
    case '=':
        return equal;
    case '!':
        return !equal && self->operator_[1] == '=';
    case '<':
        return !value && (with || other);
    case '>':
        return value && (with || other);
    default:
        return false;
    }
}

static bool compares(const query *self, const kf_value *value)
{
    const char *op = self->operator_, *text = kf_value_string(value);
    bool number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE);
    bool with = self->operator_length == 2;
    if (kf__is(value, KF_KIND_BOOL))
        return compares_bool(self, kf_value_bool(value));
    if (!number && text == NULL)
        return false;
    if (*op == '%' || (*op == '!' && op[1] == '%'))
        return text != NULL && fits(self->value, self->value + strlen(self->value),
                                   text) == (*op == '%');
    int order = order_of(value, self->value);
    return *op == '='   ? order == 0
           : *op == '!' ? order != 0
           : *op == '<' ? order < 0 || (order == 0 && with)
                        : order > 0 || (order == 0 && with);
}

static kf_status matches(
    const walker *self, const query *asked, const kf_value *item, bool *out)
{
    const kf_value *found = item;
    if (asked->name_length > 0) {
        walker part = part_of(self, asked->name + asked->name_length);
        KF__TRY(walk(&part, asked->name, item, &found));
    }
    *out = found != NULL && (asked->operator_ == NULL || compares(asked, found));
    return KF_OK;
}

static kf_status run_query(
    const walker *self, const query *asked, const kf_value *value, const kf_value **out)
{
    kf_value *all = asked->all ? kf__tree_list(self->tree) : NULL;
    bool match;
    *out = NULL;
    if (self->dry)
        return matches(self, asked, NULL, &match);
    if (!kf__is(value, KF_KIND_LIST))
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const kf_value *item = kf_value_at(value, i);
        KF__TRY(matches(self, asked, item, &match));
        if (match && !asked->all) {
            *out = item;
            return KF_OK;
        }
        if (match)
            kf__push(self->tree, all, kf__tree_copy(self->tree, item));
    }
    *out = all;
    return kf__tree_status(self->tree);
}

/* ---- the parts ---- */

/* The rest of the path for each item. */
static kf_status each(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    kf_value *list = kf__tree_list(self->tree);
    const kf_value *found;
    *out = NULL;
    if (self->dry)
        return walk(self, at, NULL, &found);
    if (!kf__is(value, KF_KIND_LIST))
        return KF_OK;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        KF__TRY(walk(self, at, kf_value_at(value, i), &found));
        if (found != NULL)
            kf__push(self->tree, list, kf__tree_copy(self->tree, found));
    }
    *out = list;
    return kf__tree_status(self->tree);
}

/* Where the part that `each` repeats ends: at a "|", which goes on with the list. */
static const char *each_end(const walker *self, const char *at)
{
    int depth = 0;
    for (; !is_end(self, at); at++) {
        if (*at == '\\' && !is_end(self, at + 1))
            at++;
        else if (*at == '"') {
            const char *after = skip_quotes(self, at);
            if (after == NULL)
                return self->end;
            at = after - 1;
        } else if (*at == '(' || *at == '[')
            depth++;
        else if (*at == ')' || *at == ']')
            depth--;
        else if (*at == '|' && depth == 0)
            return at;
    }
    return self->end;
}

/* After a part: the end, or a separator and the rest. `many`: the part gave a list,
 * and "." goes on with each of its items. */
static kf_status rest(walker *self, const char *at, const kf_value *value, bool many,
    const kf_value **out)
{
    if (is_end(self, at)) {
        *out = value;
        return KF_OK;
    }
    if (!is_separator(*at))
        return fail(self, at, "expected '.' or '|'");
    if (is_end(self, at + 1))
        return fail(self, at + 1, "expected a name");
    if (!many || *at == '|')
        return walk(self, at + 1, value, out);
    const char *until = each_end(self, at + 1);
    walker part = part_of(self, until);
    const kf_value *list;
    KF__TRY(each(&part, at + 1, value, &list));
    return rest(self, until, list, false, out);
}

static kf_status hash(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    if (is_end(self, at + 1)) {
        *out = kf__is(value, KF_KIND_LIST)
                   ? kf__tree_int(self->tree, (int64_t)kf_value_length(value))
                   : NULL;
        return kf__tree_status(self->tree);
    }
    if (at[1] != '(')
        return rest(self, at + 1, value, true, out);
    const char *close;
    query asked = {0};
    KF__TRY(find_close(self, at + 1, '(', ')', &close));
    KF__TRY(parse_query(self, at + 2, close, &asked));
    const char *after = close + 1;
    asked.all = !is_end(self, after) && *after == '#';
    const kf_value *found;
    KF__TRY(run_query(self, &asked, value, &found));
    return rest(self, after + asked.all, found, asked.all, out);
}

/* "[a,b]": what is at the paths, as a list. */
static kf_status several(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    const char *close;
    KF__TRY(find_close(self, at, '[', ']', &close));
    kf_value *list = kf__tree_list(self->tree);
    for (const char *item = at + 1; item <= close;) {
        const char *comma = item;
        for (int depth = 0; comma < close && (depth > 0 || *comma != ','); comma++) {
            depth += *comma == '(' || *comma == '[';
            depth -= *comma == ')' || *comma == ']';
        }
        const kf_value *found;
        walker part = part_of(self, comma);
        KF__TRY(walk(&part, item, value, &found));
        if (found != NULL)
            kf__push(self->tree, list, kf__tree_copy(self->tree, found));
        item = comma + 1;
    }
    KF__TRY(kf__tree_status(self->tree));
    return rest(self, close + 1, list, false, out);
}

static kf_status modifier(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    size_t length = 1;
    while (!is_end(self, at + length) && !is_separator(at[length]))
        length++;
    if (length != strlen("@this") || strncmp(at, "@this", length) != 0)
        return kf__fail_at(KF_EUNSUPPORTED, NULL, 1, (int)(at - self->path) + 1,
            "column %d of the path '%.200s': libkf has no modifier but @this",
            (int)(at - self->path) + 1, self->path);
    return rest(self, at + length, value, false, out);
}

/* Of the members that fit, the first in which the rest of the path leads somewhere. */
static kf_status members(walker *self, const char *at, const char *end,
    const kf_value *value, const kf_value **out)
{
    bool goes_on = !is_end(self, end) && *end == '.' && !is_end(self, end + 1) &&
                   strchr("[{@!", end[1]) == NULL;
    for (size_t i = 0; i < kf_value_length(value); i++) {
        if (!fits(at, end, kf_value_key(value, i)))
            continue;
        KF__TRY(rest(self, end, kf_value_at(value, i), false, out));
        if (*out != NULL || !goes_on)
            return KF_OK;
    }
    return rest(self, end, NULL, false, out);
}

static kf_status name(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    const char *end = at;
    while (!is_end(self, end) && !is_separator(*end)) {
        if (*end == '\\' && !is_end(self, end + 1))
            end++;
        end++;
    }
    if (end == at)
        return fail(self, at, "expected a name");
    if (kf__is(value, KF_KIND_STRUCT))
        return members(self, at, end, value, out);
    return rest(self, end, item_of(value, at, end), false, out);
}

static kf_status walk(
    walker *self, const char *at, const kf_value *value, const kf_value **out)
{
    *out = NULL;
    if (self->depth++ > KF__LIMIT_EXPRESSION_DEPTH)
        return kf__fail(KF_ELIMIT, NULL,
            "the path '%.100s…' has more than %d parts within each other", self->path,
            KF__LIMIT_EXPRESSION_DEPTH);
    kf_status status;
    if (is_end(self, at))
        status = fail(self, at, "expected a name");
    else if (*at == '{' || *at == '!')
        status = kf__fail_at(KF_EUNSUPPORTED, NULL, 1, (int)(at - self->path) + 1,
            "column %d of the path '%.200s': libkf does not make objects or literals",
            (int)(at - self->path) + 1, self->path);
    else if (*at == '#')
        status = hash(self, at, value, out);
    else if (*at == '[')
        status = several(self, at, value, out);
    else if (*at == '@')
        status = modifier(self, at, value, out);
    else
        status = name(self, at, value, out);
    self->depth--;
    return status;
}

kf_status kf__gjson_get(
    const char *path, const kf_value *value, kf_tree *tree, const kf_value **out)
{
    walker self = {.path = path, .end = path + strlen(path), .tree = tree};
    return walk(&self, path, value, out);
}

kf_status kf__gjson_check(const char *path)
{
    kf_tree tree = KF__TREE_INIT;
    const kf_value *ignored;
    walker self = {
        .path = path, .end = path + strlen(path), .tree = &tree, .dry = true};
    kf_status status = walk(&self, path, NULL, &ignored);
    kf__tree_finish(&tree);
    return status;
}

kf_status kf__gjson_holds(const char *path, const kf_value *value, kf_tree *tree,
    bool *holds, const kf_value **match)
{
    const kf_value *found;
    KF__TRY(kf__gjson_get(path, value, tree, &found));
    bool list = kf__is(found, KF_KIND_LIST);
    *holds = kf__is(found, KF_KIND_STRUCT) || (list && kf_value_length(found) > 0);
    if (match != NULL)
        *match = !*holds ? NULL : list ? kf_value_at(found, 0) : found;
    return KF_OK;
}
