/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "cli/cli.h"
#include "io/file.h"

static const char *input_name(const void *state, size_t index)
{
    const kf_value *inputs = state;
    const kf_value *parameters = kf_value_get(inputs, "parameters");
    size_t count = kf_value_length(parameters);
    return index < count
               ? kf_value_key(parameters, index)
               : kf_value_key(kf_value_get(inputs, "artifacts"), index - count);
}

/* What people call a type of the IR. */
static const char *type_in_words(const char *type)
{
    static const char *const words[][2] = {{"NUMBER_INTEGER", "whole number"},
        {"NUMBER_DOUBLE", "number"}, {"STRING", "text"}, {"BOOLEAN", "true or false"},
        {"LIST", "JSON list"}, {"STRUCT", "JSON struct"}};
    for (size_t i = 0; type && i < sizeof words / sizeof *words; i++)
        if (strcmp(type, words[i][0]) == 0)
            return words[i][1];
    return type ? type : "artifact";
}

/* A parameter's text as its type reads it: STRING as it stands, the rest as JSON (and
 * Python's True and False). */
static kf_status read_argument(
    kf_value *arguments, const char *name, const char *text, const kf_value *parameter)
{
    const char *type = kf__get_text(parameter, "parameterType");
    if (!type || strcmp(type, "STRING") == 0)
        return kf_value_set_string(arguments, name, text);
    if (strcmp(type, "BOOLEAN") == 0 &&
        (strcmp(text, "True") == 0 || strcmp(text, "False") == 0))
        return kf_value_set_bool(arguments, name, text[0] == 'T');
    kf_value *value = NULL;
    if (kf_value_parse(text, strlen(text), &value) != KF_OK)
        return kf__fail(KF_ETYPE, name, "the input '%s' takes a %s, not '%s'", name,
            type_in_words(type), text);
    kf_status status = kf_value_set(arguments, name, value);
    kf_value_free(value);
    return status;
}

static kf_status add_argument(
    kf_value *arguments, const char *word, const kf_value *inputs)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word)
        return kf__fail(
            KF_EINVAL, "arguments", "--arg takes NAME=VALUE, not '%s'", word);
    char *name = kf__strndup(word, (size_t)(equals - word));
    if (!name)
        return kf__nomem();
    const kf_value *parameters = kf_value_get(inputs, "parameters");
    const kf_value *artifacts = kf_value_get(inputs, "artifacts");
    kf_status status;
    if (kf_value_get(artifacts, name)) {
        status = kf_value_set_string(arguments, name, equals + 1);
    } else if (kf_value_get(parameters, name)) {
        status =
            read_argument(arguments, name, equals + 1, kf_value_get(parameters, name));
    } else {
        const char *nearest = kf__nearest(name, input_name, inputs);
        status =
            kf__fail(KF_ENOENT, "arguments", "the pipeline has no input '%s'%s%s%s",
                name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                nearest ? "'?" : "");
    }
    kf__free(name);
    return status;
}

static kf_status parse_file(const char *path, const kf_buf *text, kf_value **out)
{
    kf_status status = kf_value_parse(kf__buf_text(text), text->length, out);
    if (status != KF_EPARSE)
        return status;
    const kf_error *error = kf_last_error();
    kf_buf message = KF__BUF_INIT;
    kf__buf_printf(
        &message, "%s:%d:%d: %s", path, error->line, error->column, error->message);
    status = kf__fail(KF_EPARSE, "arguments", "%s", kf__buf_text(&message));
    kf__buf_finish(&message);
    return status;
}

static kf_status read_file(const char *path, kf_value **out)
{
    kf_buf text = KF__BUF_INIT;
    if (!kf__file_exists(path))
        return kf__fail(KF_ENOENT, "arguments", "no file %s", path);
    kf_status status = kf__file_read(path, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = parse_file(path, &text, out);
    kf__buf_finish(&text);
    if (status == KF_OK && kf_value_kind(*out) != KF_KIND_STRUCT) {
        kf_value_free(*out);
        *out = NULL;
        return kf__fail(KF_ETYPE, "arguments",
            "%s is expected to hold a JSON struct of values by name", path);
    }
    return status;
}

kf_status cli_read_arguments(
    const cli_words *words, const char *file, const kf_value *inputs, kf_value **out)
{
    kf_value *arguments = NULL;
    kf_status status =
        file ? read_file(file, &arguments) : kf_value_new(KF_KIND_STRUCT, &arguments);
    for (size_t i = 0; status == KF_OK && i < words->count; i++)
        status = add_argument(arguments, words->items[i], inputs);
    if (status != KF_OK) {
        kf_value_free(arguments);
        return status;
    }
    *out = arguments;
    return KF_OK;
}

static void add_row(cli_table *table, const char *name, const kf_value *input)
{
    const kf_value *initial = kf_value_get(input, "defaultValue");
    const char *schema =
        kf__get_text(kf_value_get(input, "artifactType"), "schemaTitle");
    kf_buf text = KF__BUF_INIT;
    cli_table_cell(table, name);
    cli_table_cell(
        table, schema ? schema : type_in_words(kf__get_text(input, "parameterType")));
    double number = kf_value_double(initial);
    if (kf__is(initial, KF_KIND_DOUBLE) && number == floor(number) &&
        kf__equals_text(kf_value_get(input, "parameterType"), "NUMBER_INTEGER")) {
        kf__buf_printf(&text, "default %.0f", number);
    } else if (initial) {
        kf__buf_puts(&text, "default ");
        kf__put_json(&text, initial, KF_JSON_SPACED);
    } else {
        kf__buf_puts(&text,
            kf_value_bool(kf_value_get(input, "isOptional")) ? "optional" : "required");
    }
    cli_table_cell(table, kf__buf_text(&text));
    kf__buf_finish(&text);
}

void cli_print_inputs(const kf_value *inputs, const char *advice)
{
    const kf_value *const groups[] = {
        kf_value_get(inputs, "parameters"), kf_value_get(inputs, "artifacts")};
    if (kf_value_length(groups[0]) + kf_value_length(groups[1]) == 0)
        return;
    cli_table *table =
        cli_table_new((const char *const[]){"INPUT", "TYPE", "VALUE", NULL});
    for (size_t i = 0; table && i < 2; i++)
        for (size_t j = 0; j < kf_value_length(groups[i]); j++)
            add_row(table, kf_value_key(groups[i], j), kf_value_at(groups[i], j));
    if (table)
        cli_table_print(table, stderr, 2);
    fprintf(stderr, "%s\n", advice);
    cli_table_free(table);
}

int cli_fail_arguments(const cli_command *command, const kf_value *inputs)
{
    const char *where = kf_last_error()->where;
    bool at_fault = strcmp(where, "arguments") == 0 ||
                    kf__starts_with(where, "arguments.") ||
                    kf_value_get(kf_value_get(inputs, "parameters"), where) ||
                    kf_value_get(kf_value_get(inputs, "artifacts"), where);
    if (!at_fault)
        return cli_fail(command);
    cli_complain(command, "%s", kf_last_error()->message);
    cli_print_inputs(inputs, "give one with --arg NAME=VALUE");
    return CLI_USAGE;
}
