/* SPDX-License-Identifier: Apache-2.0 */
#include "run/launch.h"

#include "base/error.h"
#include "base/text.h"
#include "pipeline/runtime.h"

#include <string.h>

#define PIP "python3 -m pip install "
#define EXECUTE " && \"$0\" \"$@\""

static kf_status not_ours(void)
{
    return kf__fail(KF_EUNSUPPORTED, NULL,
        "the command is not that of a lightweight Python component");
}

static const char *text_at(const kf_value *list, size_t index)
{
    return kf_value_string(kf_value_at(list, index));
}

static bool is_text(const kf_value *list, size_t index, const char *text)
{
    return kf__equals_text(kf_value_at(list, index), text);
}

/* ---- words of the shell ---- */

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static const char *skip_quoted(const char *text, char quote, kf_buf *word)
{
    while (*text != '\0' && *text != quote) {
        if (quote == '"' && *text == '\\' && strchr("\"\\$`", text[1]) != NULL)
            text++;
        kf__buf_putc(word, *text++);
    }
    return *text == quote ? text + 1 : NULL;
}

/* Reads one word, which begins at `text`, as the shell does without expanding anything.
 * NULL: it is not finished. */
static const char *read_word(const char *text, kf_buf *word)
{
    kf__buf_truncate(word, 0);
    while (text != NULL && *text != '\0' && !is_blank(*text) && *text != '\n') {
        if (*text == '\'' || *text == '"') {
            text = skip_quoted(text + 1, *text, word);
        } else if (*text == '\\' && text[1] != '\0') {
            kf__buf_putc(word, text[1]);
            text += 2;
        } else {
            kf__buf_putc(word, *text++);
        }
    }
    return text;
}

static const char *skip_blanks(const char *text)
{
    while (is_blank(*text))
        text++;
    return text;
}

static bool ends_command(const char *text)
{
    return *text == '\0' || *text == '\n' || kf__starts_with(text, "&&");
}

/* ---- pip install ---- */

static bool is_silent(const char *word)
{
    return strcmp(word, "--quiet") == 0 ||
           strcmp(word, "--no-warn-script-location") == 0;
}

static bool is_source_option(const char *word)
{
    return strcmp(word, "--index-url") == 0 || strcmp(word, "--extra-index-url") == 0 ||
           strcmp(word, "--trusted-host") == 0;
}

/* The words of one `pip install`. */
typedef struct install {
    kf_value *options;
    kf_value *words;
} install;

/* KFP gives urls where pip takes hosts: pip fails at one that has a port, and trusts
 * nothing because of the others, which is well for TLS. An index without TLS must be
 * trusted to be used at all. */
static void push_trusted_host(kf_tree *tree, kf_value *options, const char *word)
{
    static const char http[] = "http://";
    if (kf__starts_with(word, "https://"))
        return;
    if (kf__starts_with(word, http))
        word += sizeof http - 1;
    kf__push(tree, options, kf__tree_string(tree, "--trusted-host"));
    kf__push(tree, options, kf__tree_string_n(tree, word, strcspn(word, "/")));
}

static const char *read_install(kf_tree *tree, const char *text, install *out)
{
    kf_buf word = KF__BUF_INIT;
    bool value = false; /* The word belongs to the option before it, */
    bool host = false;  /* which is --trusted-host. */
    text = skip_blanks(text);
    while (text != NULL && !ends_command(text)) {
        text = read_word(text, &word);
        const char *read = kf__buf_text(&word);
        bool option = value || is_source_option(read);
        bool hosts = !value && strcmp(read, "--trusted-host") == 0;
        if (host)
            push_trusted_host(tree, out->options, read);
        else if (!hosts && (option || !is_silent(read)))
            kf__push(
                tree, option ? out->options : out->words, kf__tree_string(tree, read));
        host = hosts;
        value = !value && is_source_option(read);
        if (text != NULL)
            text = skip_blanks(text);
    }
    if (word.status != KF_OK)
        tree->status = word.status;
    kf__buf_finish(&word);
    return text;
}

static bool has_word(const kf_value *words, const char *word)
{
    for (size_t i = 0; i < kf_value_length(words); i++)
        if (is_text(words, i, word))
            return true;
    return false;
}

/* KFP's releases before 2.5 installed themselves without --no-deps. */
static bool is_early_kfp(const char *word)
{
    static const char *const releases[] = {
        "kfp==2.0.", "kfp==2.1.", "kfp==2.2.", "kfp==2.3.", "kfp==2.4."};
    for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
        if (kf__starts_with(word, releases[i]))
            return true;
    return false;
}

/* Whether KFP wrote this command to install itself; the packages of the user are
 * installed by another one (component_factory.py of KFP). A package given in its place
 * is the only word of the last command. */
static bool installs_kfp(const kf_value *words, bool last_of_several)
{
    const char *first = text_at(words, 0);
    size_t count = kf_value_length(words);
    if (first == NULL)
        return true;
    if (kf__starts_with(first, "kfp=="))
        return has_word(words, "--no-deps") || (count == 1 && is_early_kfp(first));
    bool alone = count == 1 || (count == 2 && is_text(words, 1, "--no-deps"));
    bool looks = strstr(first, "sdk/python") != NULL ||
                 strstr(first, "/kfp-") != NULL || strstr(first, "@refs/pull/") != NULL;
    return alone && (last_of_several || looks);
}

static void keep(kf_tree *tree, kf_launch *out, const install *read)
{
    for (size_t i = 0; i < kf_value_length(read->options); i++)
        kf__push(tree, out->options, kf__tree_string(tree, text_at(read->options, i)));
    for (size_t i = 0; i < kf_value_length(read->words); i++)
        kf__push(
            tree, out->requirements, kf__tree_string(tree, text_at(read->words, i)));
}

/* The script that installs packages and then executes the rest of the command. */
static kf_status read_script(kf_tree *tree, const char *script, kf_launch *out)
{
    size_t found = 0;
    bool kfp = false;
    if (strstr(script, EXECUTE) == NULL)
        return not_ours();
    for (const char *text = strstr(script, PIP); text != NULL; found++) {
        install read = {kf__tree_list(tree), kf__tree_list(tree)};
        text = read_install(tree, text + strlen(PIP), &read);
        if (text == NULL)
            return not_ours();
        text = strstr(text, PIP);
        if (!kfp && installs_kfp(read.words, text == NULL && found > 0))
            kfp = true;
        else
            keep(tree, out, &read);
    }
    return found > 0 ? kf__tree_status(tree) : not_ours();
}

static bool has_option(const kf_value *words)
{
    for (size_t i = 0; i < kf_value_length(words); i++)
        if (text_at(words, i)[0] == '-')
            return true;
    return false;
}

/* So that the same packages in another order share an environment. */
static kf_value *sort_words(kf_tree *tree, const kf_value *words)
{
    kf_value *names = kf__tree_struct(tree), *sorted = kf__tree_list(tree);
    for (size_t i = 0; i < kf_value_length(words); i++)
        kf__put(tree, names, text_at(words, i), kf__tree_null(tree));
    kf__sort(names, false);
    for (size_t i = 0; i < kf_value_length(names); i++)
        kf__push(tree, sorted, kf__tree_string(tree, kf_value_key(names, i)));
    return sorted;
}

/* ---- the command ---- */

static bool is_program(const char *text)
{
    return text != NULL && strstr(text, KF__RUNTIME_MODULE_MARK) != NULL &&
           (strstr(text, KF__RUNTIME_KFP_MARK) != NULL ||
               strstr(text, KF__RUNTIME_MARK) != NULL);
}

/* Position of the program in sh -ec <program> <source>, or 0. */
static size_t find_program(const kf_value *command)
{
    size_t count = kf_value_length(command);
    bool shape = (count == 4 || count == 7) && is_text(command, count - 4, "sh") &&
                 is_text(command, count - 3, "-ec");
    return shape && is_program(text_at(command, count - 2)) ? count - 2 : 0;
}

static const char *function_of(const kf_value *args)
{
    const char *function = NULL, *input = NULL;
    for (size_t i = 0; i + 1 < kf_value_length(args); i++) {
        if (is_text(args, i, "--function_to_execute"))
            function = text_at(args, i + 1);
        if (is_text(args, i, "--executor_input"))
            input = text_at(args, i + 1);
    }
    return input != NULL && strcmp(input, "{{$}}") == 0 ? function : NULL;
}

kf_status kf__launch_read(kf_tree *tree, const kf_value *container, kf_launch *out)
{
    const kf_value *command = kf_value_get(container, "command");
    size_t program = find_program(command);
    kf_launch read = {
        .source = program > 0 ? text_at(command, program + 1) : NULL,
        .function = function_of(kf_value_get(container, "args")),
        .options = kf__tree_list(tree),
        .requirements = kf__tree_list(tree),
    };
    if (read.source == NULL || read.function == NULL)
        return not_ours();
    if (program > 2) {
        bool installs = is_text(command, 0, "sh") && is_text(command, 1, "-c") &&
                        text_at(command, 2) != NULL;
        if (!installs)
            return not_ours();
        KF__TRY(read_script(tree, text_at(command, 2), &read));
    }
    if (!has_option(read.requirements))
        read.requirements = sort_words(tree, read.requirements);
    *out = read;
    return kf__tree_status(tree);
}
