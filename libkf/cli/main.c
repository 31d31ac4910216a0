/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

static const cli_command *const commands[] = {&cli_run_command, &cli_tune_command,
    &cli_serve_command, &cli_compile_command, &cli_check_command, &cli_runs_command,
    &cli_experiments_command, &cli_services_command, &cli_show_command,
    &cli_trials_command, &cli_logs_command, &cli_lineage_command, &cli_promote_command,
    &cli_rollback_command, &cli_cancel_command, &cli_cache_command, NULL};

static void print_help(FILE *stream)
{
    fprintf(stream, "usage: kf COMMAND [options] …\n\n"
                    "Kubeflow on this machine: pipelines described once, run here or "
                    "on a cluster.\n\n"
                    "commands:\n");
    for (size_t i = 0; commands[i]; i++)
        fprintf(stream, "  %-11s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(stream,
        "\nkf COMMAND --help says more of a command; kf --version prints the version.\n"
        "exit status: 0 success, 1 failure, 2 bad use, 130 interrupted.\n");
}

static const char *command_name(const void *state, size_t index)
{
    (void)state;
    return commands[index] ? commands[index]->name : NULL;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    if (!*word) {
        print_help(stderr);
        return CLI_USAGE;
    }
    bool help = strcmp(word, "help") == 0;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || (help && argc == 2)) {
        print_help(stdout);
        return CLI_OK;
    }
    /* "kf help run" is "kf run --help". */
    char help_option[] = "--help", *help_words[] = {argv[argc - 1], help_option};
    if (help) {
        word = argv[2];
        argc = 3;
        argv = help_words - 1;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("kf %s\n", kf_version());
        return CLI_OK;
    }
    for (size_t i = 0; commands[i]; i++)
        if (strcmp(word, commands[i]->name) == 0)
            return commands[i]->run(commands[i], argc - 1, argv + 1);
    const char *nearest = kf__nearest(word, command_name, NULL);
    fprintf(stderr, "kf: no command '%s'%s%s%s\nkf --help lists them\n", word,
        nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    return CLI_USAGE;
}
