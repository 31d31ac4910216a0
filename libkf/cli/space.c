/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters in words: NAME=KIND(…) or NAME=VALUE,VALUE, and " if PARENT=VALUE,VALUE". */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"

#define EXAMPLES                                                                       \
    "such as rate=double(1e-5,0.1,logUniform), layers=int(1,8) or act=relu,gelu"

static const char *const kinds[] = {"double", "int", "discrete", "categorical", NULL};
static const char *const distributions[] = {
    "uniform", "logUniform", "normal", "logNormal", NULL};

/* What one word says; all in the tree. */
typedef struct parameter {
    kf_tree tree;
    const char *name;
    const char *kind; /* NULL: a bare list. */
    kf_value *items;
    const char *parent; /* NULL: no condition. */
    kf_value *values;
} parameter;

static const char *next_of(const void *state, size_t index)
{
    return ((const char *const *)state)[index];
}

static int index_of(const char *const *names, const char *text)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

/* ---- reading ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static const char *trimmed(parameter *self, const char *from, const char *to)
{
    while (from < to && is_blank(*from))
        from++;
    while (to > from && is_blank(to[-1]))
        to--;
    const char *text = kf__arena_strndup(&self->tree.arena, from, (size_t)(to - from));
    if (!text)
        self->tree.status = KF_ENOMEM;
    return text ? text : "";
}

/* The next place of `stop` that is in no quotes or brackets; the end if there is none. */
static const char *find(const char *at, const char *stop)
{
    int depth = 0;
    bool quoted = false;
    for (; *at; at++) {
        if (quoted && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            quoted = !quoted;
        else if (!quoted && depth == 0 && strncmp(at, stop, strlen(stop)) == 0)
            return at;
        else if (!quoted && strchr("([{", *at))
            depth++;
        else if (!quoted && strchr(")]}", *at) && depth > 0)
            depth--;
    }
    return at;
}

/* Texts between commas; one in quotes is what JSON reads. */
static kf_status split(parameter *self, const char *text, kf_value *list)
{
    if (!*text)
        return KF_OK;
    for (const char *at = text;; at++) {
        const char *end = find(at, ",");
        const char *item = trimmed(self, at, end);
        kf_value *quoted = NULL;
        if (!*item)
            return kf__fail(KF_EINVAL, self->name,
                "there is no value between two commas in '%.200s'; an empty one is "
                "\"\"",
                text);
        if (*item == '"' && kf_value_parse(item, strlen(item), &quoted) != KF_OK)
            return kf__fail(KF_EINVAL, self->name,
                "%.200s is no text in quotes, such as \"a, b\"", item);
        kf__push(&self->tree, list,
            quoted ? kf__tree_copy(&self->tree, quoted)
                   : kf__tree_string(&self->tree, item));
        kf_value_free(quoted);
        if (!*end)
            return kf__tree_status(&self->tree);
        at = end;
    }
}

static kf_status read_condition(parameter *self, const char *text)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return kf__fail(KF_EINVAL, self->name,
            "a condition is PARAMETER=VALUE,VALUE, not '%.200s'", text);
    self->parent = trimmed(self, text, equals);
    self->values = kf__tree_list(&self->tree);
    return split(self, equals + 1, self->values);
}

/* KIND(…), or a list. */
static kf_status read_body(parameter *self, const char *body)
{
    size_t length = strlen(body), word = 0;
    while (body[word] == '_' || (body[word] >= 'a' && body[word] <= 'z') ||
           (body[word] >= 'A' && body[word] <= 'Z'))
        word++;
    self->items = kf__tree_list(&self->tree);
    if (word == 0 || body[word] != '(' || body[length - 1] != ')')
        return split(self, body, self->items);
    const char *kind = trimmed(self, body, body + word);
    int index = index_of(kinds, kind);
    if (index < 0) {
        const char *nearest = kf__nearest(kind, next_of, kinds);
        return kf__fail(KF_ENOENT, self->name,
            "'%.100s' is no kind of parameter: expected double, int, discrete or "
            "categorical%s%s%s",
            kind, nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
    self->kind = kinds[index];
    return split(self, trimmed(self, body + word + 1, body + length - 1), self->items);
}

static kf_status read_word(parameter *self, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return kf__fail(KF_EINVAL, word,
            "--space takes NAME=VALUES, " EXAMPLES ", not '%.200s'", word);
    self->name = trimmed(self, word, equals);
    const char *condition = find(equals + 1, " if ");
    const char *body = trimmed(self, equals + 1, condition);
    KF__TRY(kf__tree_status(&self->tree));
    if (!*body)
        return kf__fail(KF_EINVAL, self->name,
            "the parameter '%.200s' needs values, " EXAMPLES, self->name);
    KF__TRY(read_body(self, body));
    return *condition ? read_condition(self, condition + 4) : KF_OK;
}

/* ---- ranges ---- */

typedef struct range {
    const char *min, *max, *step;
    int distribution;
} range;

static kf_status read_extra(const parameter *self, const char *item, range *out)
{
    if (kf__starts_with(item, "step=")) {
        out->step = item + 5;
        return KF_OK;
    }
    out->distribution = index_of(distributions, item);
    if (out->distribution >= 0)
        return KF_OK;
    const char *nearest = kf__nearest(item, next_of, distributions);
    return kf__fail(KF_ENOENT, self->name,
        "after min and max of '%.200s' may stand step=NUMBER and uniform, logUniform, "
        "normal or logNormal, not '%.100s'%s%s%s",
        self->name, item, nearest ? "; did you mean '" : "", nearest ? nearest : "",
        nearest ? "'?" : "");
}

static kf_status read_range(const parameter *self, range *out)
{
    size_t count = kf_value_length(self->items);
    if (count < 2)
        return kf__fail(KF_EMISSING, self->name,
            "'%.200s' needs a min and a max, such as %s", self->name,
            strcmp(self->kind, "int") == 0 ? "int(1,8)" : "double(0.1,1)");
    out->min = kf_value_string(kf_value_at(self->items, 0));
    out->max = kf_value_string(kf_value_at(self->items, 1));
    for (size_t i = 2; i < count; i++)
        KF__TRY(read_extra(self, kf_value_string(kf_value_at(self->items, i)), out));
    return KF_OK;
}

static kf_status no_number(
    const parameter *self, const char *what, const char *text, const char *expected)
{
    return kf__fail(KF_ETYPE, self->name, "%s of '%.200s' is '%.100s': expected %s",
        what, self->name, text, expected);
}

static kf_status add_double(kf_space *space, const parameter *self, const range *from)
{
    double min, max, step = 0;
    if (!kf__parse_double(from->min, &min))
        return no_number(self, "min", from->min, "a number");
    if (!kf__parse_double(from->max, &max))
        return no_number(self, "max", from->max, "a number");
    if (from->step && (!kf__parse_double(from->step, &step) || !(step > 0)))
        return no_number(self, "step", from->step, "a number above 0");
    return kf_space_add_double(
        space, self->name, min, max, step, (kf_distribution)from->distribution);
}

static kf_status add_int(kf_space *space, const parameter *self, const range *from)
{
    int64_t min, max, step = 0;
    if (!kf__parse_int64(from->min, &min))
        return no_number(self, "min", from->min, "a whole number");
    if (!kf__parse_int64(from->max, &max))
        return no_number(self, "max", from->max, "a whole number");
    if (from->step && (!kf__parse_int64(from->step, &step) || step <= 0))
        return no_number(self, "step", from->step, "a whole number above 0");
    return kf_space_add_int(
        space, self->name, min, max, step, (kf_distribution)from->distribution);
}

/* ---- adding ---- */

static bool all_numbers(const kf_value *items)
{
    double number;
    for (size_t i = 0; i < kf_value_length(items); i++)
        if (!kf__parse_double(kf_value_string(kf_value_at(items, i)), &number))
            return false;
    return true;
}

static kf_status add(kf_space *space, const parameter *self)
{
    range read = {0};
    const char *kind = self->kind                 ? self->kind
                       : all_numbers(self->items) ? "discrete"
                                                  : "categorical";
    if (strcmp(kind, "discrete") == 0)
        return kf_space_add_discrete(space, self->name, self->items);
    if (strcmp(kind, "categorical") == 0)
        return kf_space_add_categorical(space, self->name, self->items);
    KF__TRY(read_range(self, &read));
    return strcmp(kind, "int") == 0 ? add_int(space, self, &read)
                                    : add_double(space, self, &read);
}

/* Its place is the option, wherever the space has found it. */
static kf_status blame_option(kf_status status)
{
    char message[1000];
    if (status == KF_OK || status == KF_ENOMEM)
        return status;
    (void)snprintf(message, sizeof message, "%s", kf_last_error()->message);
    return kf__fail(status, "--space", "%s", message);
}

kf_status cli_add_parameter(kf_space *space, const char *word)
{
    parameter self = {.name = word};
    kf_status status = read_word(&self, word);
    if (status == KF_OK)
        status = add(space, &self);
    if (status == KF_OK && self.parent)
        status = kf_space_set_condition(space, self.name, self.parent, self.values);
    kf__tree_finish(&self.tree);
    return blame_option(status);
}
