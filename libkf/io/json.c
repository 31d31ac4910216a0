/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

/* A place in the text. jansson tells positions of faults only; those of values come
 * from walking the text, known to be valid by then, beside the tree that jansson made
 * of it. */
typedef struct json_cursor {
    const char *at;
    const char *end;
    const char *line_start;
    int line;
} json_cursor;

static void start(json_cursor *cursor, const char *text, size_t length)
{
    cursor->at = cursor->line_start = text;
    cursor->end = text + length;
    cursor->line = 1;
}

static int column(const json_cursor *cursor)
{
    return (int)(cursor->at - cursor->line_start) + 1;
}

static void step(json_cursor *cursor)
{
    if (*cursor->at++ == '\n') {
        cursor->line++;
        cursor->line_start = cursor->at;
    }
}

static void skip_to(json_cursor *cursor, const char *to)
{
    while (cursor->at < cursor->end && cursor->at < to)
        step(cursor);
}

/* Over the text of a string, from one quote past the other. */
static void skip_string(json_cursor *cursor)
{
    for (step(cursor); cursor->at < cursor->end && *cursor->at != '"'; step(cursor))
        if (*cursor->at == '\\' && cursor->end - cursor->at > 1)
            step(cursor);
    if (cursor->at < cursor->end)
        step(cursor);
}

static kf_status fail_here(
    const json_cursor *cursor, kf_status code, const char *message)
{
    return kf__fail_at(code, NULL, cursor->line, column(cursor), "%s", message);
}

/* Before anything is built: nesting, number and length of the values. */
static kf_status check_limits(const char *text, size_t length)
{
    json_cursor cursor;
    start(&cursor, text, length);
    int depth = 0;
    size_t values = 1;
    while (cursor.at < cursor.end) {
        char character = *cursor.at;
        if (character == '"') {
            const char *from = cursor.at;
            skip_string(&cursor);
            /* An escape is at most six times as long as what it stands for. */
            if ((size_t)(cursor.at - from) / 6 > KF__LIMIT_STRING_BYTES)
                return fail_here(
                    &cursor, KF_ELIMIT, "a string is over the limit of 16 MiB");
            continue;
        }
        if (character == '[' || character == '{') {
            if (++depth > KF__LIMIT_DEPTH)
                return kf__fail_at(KF_ELIMIT, NULL, cursor.line, column(&cursor),
                    "nested deeper than the limit of %d levels", KF__LIMIT_DEPTH);
            values++;
        }
        depth -= character == ']' || character == '}';
        values += character == ',';
        step(&cursor);
    }
    if (values > KF__LIMIT_NODES)
        return kf__fail(KF_ELIMIT, NULL,
            "about %zu values are over the limit of %u values in one document", values,
            KF__LIMIT_NODES);
    return KF_OK;
}

static kf_status fail_byte(
    const char *text, size_t length, size_t bad, const char *what)
{
    json_cursor cursor;
    start(&cursor, text, length);
    skip_to(&cursor, text + bad);
    return kf__fail_at(KF_EPARSE, NULL, cursor.line, column(&cursor),
        "not valid JSON: %s: byte 0x%02x", what, (unsigned)(unsigned char)text[bad]);
}

static kf_status check_text(const char *text, size_t length)
{
    if (length > KF__LIMIT_DOCUMENT_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "a document of %zu bytes is over the limit of %u bytes", length,
            KF__LIMIT_DOCUMENT_BYTES);
    size_t bad;
    if (!kf__utf8_valid(text, length, &bad))
        return fail_byte(text, length, bad, "not UTF-8");
    /* jansson takes a NUL byte for the end of the text. */
    const char *nul = length > 0 ? memchr(text, 0, length) : NULL;
    if (nul != NULL)
        return fail_byte(text, length, (size_t)(nul - text), "a control character");
    return check_limits(text, length);
}

static kf_status fail_parse(const json_error_t *error, const char *text, size_t length)
{
    if (json_error_code(error) == json_error_out_of_memory)
        return kf__nomem();
    json_cursor cursor;
    start(&cursor, text, length);
    /* jansson's position is behind the token that it could not use. */
    skip_to(&cursor, text + (error->position > 0 ? error->position - 1 : 0));
    return kf__fail_at(KF_EPARSE, NULL, cursor.line, column(&cursor),
        "not valid JSON: %s", error->text);
}

/* To the next value or name, over white space and punctuation. */
static void skip_to_value(json_cursor *cursor)
{
    while (cursor->at < cursor->end && strchr(" \t\r\n,:]}", *cursor->at) != NULL)
        step(cursor);
}

static kf_value *convert(kf_tree *tree, json_cursor *cursor, json_t *json);

static kf_value *convert_struct(kf_tree *tree, json_cursor *cursor, json_t *json)
{
    kf_value *object = kf__tree_struct(tree);
    step(cursor);
    const char *key;
    json_t *member;
    json_object_foreach(json, key, member)
    {
        skip_to_value(cursor);
        skip_string(cursor);
        kf__put(tree, object, key, convert(tree, cursor, member));
    }
    return object;
}

static kf_value *convert_list(kf_tree *tree, json_cursor *cursor, json_t *json)
{
    kf_value *list = kf__tree_list(tree);
    step(cursor);
    for (size_t i = 0; i < json_array_size(json); i++)
        kf__push(tree, list, convert(tree, cursor, json_array_get(json, i)));
    return list;
}

/* jansson reads every number as a double, for integers beyond 64 bits to be no error;
 * what is an integer is read from the text. */
static kf_value *convert_number(kf_tree *tree, json_cursor *cursor, json_t *json)
{
    char digits[24];
    size_t length = 0;
    bool whole = true;
    for (; cursor->at < cursor->end && strchr("+-.0123456789eE", *cursor->at) != NULL;
         step(cursor)) {
        whole =
            whole && strchr(".eE", *cursor->at) == NULL && length + 1 < sizeof digits;
        if (whole)
            digits[length++] = *cursor->at;
    }
    digits[length] = '\0';
    int64_t integer;
    if (whole && kf__parse_int64(digits, &integer))
        return kf__tree_int(tree, integer);
    return kf__tree_double(tree, json_real_value(json));
}

static kf_value *convert_word(kf_tree *tree, json_cursor *cursor, json_t *json)
{
    skip_to(cursor, cursor->at + (json_is_false(json) ? 5 : 4));
    return json_is_null(json) ? kf__tree_null(tree)
                              : kf__tree_bool(tree, json_is_true(json));
}

static kf_value *convert(kf_tree *tree, json_cursor *cursor, json_t *json)
{
    skip_to_value(cursor);
    int line = cursor->line, first = column(cursor);
    kf_value *value;
    if (json_is_object(json)) {
        value = convert_struct(tree, cursor, json);
    } else if (json_is_array(json)) {
        value = convert_list(tree, cursor, json);
    } else if (json_is_string(json)) {
        value =
            kf__tree_string_n(tree, json_string_value(json), json_string_length(json));
        skip_string(cursor);
    } else if (json_is_number(json)) {
        value = convert_number(tree, cursor, json);
    } else {
        value = convert_word(tree, cursor, json);
    }
    kf__mark(value, line, first);
    return value;
}

kf_status kf__json_read(kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    KF__TRY(check_text(text, length));
    json_error_t error;
    json_t *json = json_loadb(text, length,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL |
            JSON_DECODE_INT_AS_REAL,
        &error);
    if (json == NULL)
        return fail_parse(&error, text, length);
    json_cursor cursor;
    start(&cursor, text, length);
    kf_value *value = convert(tree, &cursor, json);
    json_decref(json);
    KF__TRY(kf__tree_status(tree));
    *out = value;
    return KF_OK;
}

kf_status kf_value_parse(const char *text, size_t length, kf_value **out)
{
    KF__REQUIRE((text != NULL || length == 0) && out != NULL);
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = NULL;
    kf_status status = kf__json_read(&tree, text != NULL ? text : "", length, &value);
    if (status != KF_OK) {
        kf__tree_finish(&tree);
        return status;
    }
    return kf__tree_take(&tree, value, out);
}
