/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"
#include "cli/cli.h"

static void print_artifact(const kf_value *artifact)
{
    kf_buf size = KF__BUF_INIT;
    const char *digest = kf__get_text(artifact, "digest");
    const kf_value *bytes = kf_value_get(artifact, "size");
    cli_styled(stdout, CLI_BOLD, "%s", kf__get_text(artifact, "name"));
    printf("  %s  %s", kf__get_text(artifact, "type"), kf__get_text(artifact, "uri"));
    if (bytes && kf_value_kind(bytes) != KF_KIND_NULL) {
        cli_put_size(&size, kf_value_double(bytes));
        printf("  %s", kf__buf_text(&size));
    }
    if (digest)
        printf("  sha256:%.12s", digest);
    putchar('\n');
    kf__buf_finish(&size);
}

static void print_side(const char *heading, const kf_value *entries)
{
    printf("\n");
    cli_styled(stdout, CLI_BOLD, "%s\n", heading);
    if (kf_value_length(entries) == 0)
        printf("  nothing\n");
    for (size_t i = 0; i < kf_value_length(entries); i++) {
        const kf_value *entry = kf_value_at(entries, i);
        const char *artifact = kf__get_text(entry, "name");
        int depth = (int)kf_value_int(kf_value_get(entry, "depth"));
        printf("%*s", 2 * (depth > 0 ? depth : 1), "");
        if (artifact)
            printf("%s  %s  ", artifact, kf__get_text(entry, "uri"));
        else
            printf("task %s  run %s  ", kf__get_text(entry, "task"),
                kf__get_text(entry, "run"));
        if (kf__get_text(entry, "state"))
            cli_styled(stdout, cli_state_style(kf__get_text(entry, "state")), "%s",
                kf__get_text(entry, "state"));
        putchar('\n');
    }
}

static int run(const cli_command *command, int argc, char **argv)
{
    cli_common common = {0};
    const char *words[1] = {NULL};
    const cli_option options[] = {CLI_COMMON(common)};
    int status;
    if (!cli_parse(command, options, argc, argv, 1, 1, words, &status))
        return status;
    kf_store *store = NULL;
    kf_value *lineage = NULL;
    status = CLI_OK;
    if (kf_store_open(common.home, &store) != KF_OK ||
        kf_store_lineage(store, words[0], &lineage) != KF_OK) {
        status = cli_fail(command);
    } else if (common.json) {
        cli_print_json(lineage);
    } else {
        print_artifact(kf_value_get(lineage, "artifact"));
        print_side("came from", kf_value_get(lineage, "upstream"));
        print_side("went to", kf_value_get(lineage, "downstream"));
    }
    kf_value_free(lineage);
    kf_store_free(store);
    return status;
}

const cli_command cli_lineage_command = {"lineage", "ARTIFACT",
    "Show what an artifact came from and went to",
    "ARTIFACT is an id, a uri, or the path of a file.", run};
