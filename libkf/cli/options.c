/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"

static void print_option(const cli_option *option)
{
    char left[64];
    const char *metavar = option->metavar ? option->metavar : "";
    int used =
        snprintf(left, sizeof left, option->letter ? "-%c, " : "    ", option->letter);
    (void)snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", option->name,
        *metavar ? " " : "", metavar);
    printf("  %-28s %s\n", left, option->help);
}

static void print_help(const cli_command *command, const cli_option *options)
{
    printf("usage: kf %s [options]%s%s\n\n%s\n", command->name,
        *command->arguments ? " " : "", command->arguments, command->summary);
    if (command->details)
        printf("\n%s\n", command->details);
    printf("\noptions:\n");
    for (const cli_option *option = options; option->name; option++)
        print_option(option);
    printf("  %-28s %s\n", "-h, --help", "Print this and end");
}

static const char *option_name(const void *state, size_t index)
{
    const cli_option *options = state;
    for (size_t i = 0; i <= index; i++)
        if (!options[i].name)
            return NULL;
    return options[index].name;
}

static int misuse(const cli_command *command)
{
    fprintf(stderr, "usage: kf %s [options]%s%s\nkf %s --help says more\n",
        command->name, *command->arguments ? " " : "", command->arguments,
        command->name);
    return CLI_USAGE;
}

static const cli_option *find_long(
    const cli_option *options, const char *name, size_t length)
{
    for (; options->name; options++)
        if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static const cli_option *find_letter(const cli_option *options, char letter)
{
    for (; options->name; options++)
        if (options->letter && options->letter == letter)
            return options;
    return NULL;
}

static bool append(cli_words *words, const char *text)
{
    const char **items =
        kf__reallocarray((void *)words->items, words->count + 1, sizeof *items);
    if (!items)
        return false;
    words->items = items;
    words->items[words->count++] = text;
    return true;
}

void cli_words_finish(cli_words *words)
{
    kf__free((void *)words->items);
    *words = (cli_words){0};
}

static bool store(
    const cli_command *command, const cli_option *option, const char *text)
{
    int64_t number;
    switch (option->kind) {
    case CLI_FLAG:
        *(bool *)option->target = true;
        return true;
    case CLI_TEXT:
        *(const char **)option->target = text;
        return true;
    case CLI_INT:
        if (!kf__parse_int64(text, &number) || number < 0 || number > INT32_MAX) {
            cli_complain(
                command, "--%s takes a whole number, not '%s'", option->name, text);
            return false;
        }
        *(int *)option->target = (int)number;
        return true;
    case CLI_LIST:
        return append(option->target, text);
    }
    return false;
}

/* Take the option at argv[*index], and its value. */
static bool take_option(const cli_command *command, const cli_option *options, int argc,
    char **argv, int *index)
{
    const char *word = argv[*index];
    const char *value = NULL;
    const cli_option *option;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t length = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
        option = find_long(options, word + 2, length);
        value = equals ? equals + 1 : NULL;
    } else {
        option = find_letter(options, word[1]);
        value = option && word[2] ? word + 2 : NULL;
    }
    if (!option) {
        const char *nearest =
            kf__nearest(word + (word[1] == '-' ? 2 : 1), option_name, options);
        cli_complain(command, "no option %s%s%s%s", word,
            nearest ? "; did you mean --" : "", nearest ? nearest : "",
            nearest ? "?" : "");
        return false;
    }
    if (option->kind == CLI_FLAG && value) {
        cli_complain(command, "--%s takes no value", option->name);
        return false;
    }
    if (option->kind != CLI_FLAG && !value) {
        if (*index + 1 >= argc) {
            cli_complain(
                command, "--%s needs a value: %s", option->name, option->metavar);
            return false;
        }
        value = argv[++*index];
    }
    return store(command, option, value);
}

bool cli_parse(const cli_command *command, const cli_option *options, int argc,
    char **argv, int least, int most, const char **words, int *status)
{
    int count = 0;
    bool only_words = false;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (!only_words && strcmp(word, "--") == 0) {
            only_words = true;
            continue;
        }
        if (!only_words && (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)) {
            print_help(command, options);
            *status = CLI_OK;
            return false;
        }
        if (!only_words && word[0] == '-' && word[1]) {
            if (!take_option(command, options, argc, argv, &i)) {
                *status = misuse(command);
                return false;
            }
            continue;
        }
        if (count == most) {
            cli_complain(command, "one word too many: '%s'", word);
            *status = misuse(command);
            return false;
        }
        words[count++] = word;
    }
    if (count < least) {
        cli_complain(command, "%s is missing", command->arguments);
        *status = misuse(command);
        return false;
    }
    return true;
}
