/* SPDX-License-Identifier: Apache-2.0 */
/* The kf command: what its subcommands share. Only this folder prints and exits. */
#ifndef KF_CLI_CLI_H
#define KF_CLI_CLI_H

#include <kf.h>
#include <stdio.h>

#include "base/buf.h"

/* Exit statuses. */
enum {
    CLI_OK = 0,
    CLI_FAILURE = 1, /* What was asked for was tried and did not succeed. */
    CLI_USAGE = 2,   /* The command was not understood: nothing was done. */
    CLI_INTERRUPTED = 130
};

typedef enum cli_kind {
    CLI_FLAG, /* bool */
    CLI_TEXT, /* const char * */
    CLI_INT,  /* int, not negative */
    CLI_LIST  /* cli_words */
} cli_kind;

typedef struct cli_words {
    const char **items;
    size_t count;
} cli_words;

typedef struct cli_option {
    const char *name; /* Without "--". */
    char letter;      /* Or 0. */
    cli_kind kind;
    void *target;
    const char *metavar;
    const char *help;
} cli_option;

typedef struct cli_command {
    const char *name;
    const char *arguments; /* Such as "FILE" or "RUN [TASK]". */
    const char *summary;   /* One line. */
    const char *details;   /* Paragraphs for --help; may be NULL. */
    int (*run)(const struct cli_command *command, int argc, char **argv);
} cli_command;

extern const cli_command cli_compile_command, cli_run_command, cli_check_command,
    cli_runs_command, cli_show_command, cli_logs_command, cli_lineage_command,
    cli_cancel_command, cli_cache_command, cli_tune_command, cli_experiments_command,
    cli_trials_command, cli_serve_command, cli_promote_command, cli_rollback_command,
    cli_services_command;

/* ---- options.c ---- */

/* Options every command understands; every command lists them with CLI_COMMON. */
typedef struct cli_common {
    bool json;
    const char *home;
} cli_common;

#define CLI_COMMON(common)                                                             \
    {"json", 0, CLI_FLAG, &(common).json, NULL, "Print JSON instead of text"},         \
        {"home", 0, CLI_TEXT, &(common).home, "FOLDER",                                \
            "Folder of the store (default: $KF_HOME or ~/.kf)"},                       \
    {                                                                                  \
        0                                                                              \
    }

/* Sort `argv` into options and at most `most`, at least `least` words, which come out
 * in order. Prints help or what is wrong; then *status is how to end. The table ends
 * with {0}. */
bool cli_parse(const cli_command *command, const cli_option *options, int argc,
    char **argv, int least, int most, const char **words, int *status);
void cli_words_finish(cli_words *words);

/* ---- output.c ---- */

/* "kf run: message" on standard error, with the place and advice of the thread's error.
 */
void cli_complain(const cli_command *command, const char *format, ...) KF_PRINTF(2, 3);
int cli_fail(const cli_command *command); /* Prints the thread's error; CLI_FAILURE. */
/* The same for what is wrong with the text of a file: "path:line:column: message". */
int cli_fail_in(const cli_command *command, const char *path);
void cli_print_finding(FILE *stream, const char *path, const kf_finding *finding);
void cli_print_json(const kf_value *value);
/* Whether the stream is a terminal that understands colours (and NO_COLOR is not set).
 */
bool cli_is_terminal(FILE *stream);
int cli_terminal_width(FILE *stream);

typedef enum cli_style {
    CLI_PLAIN,
    CLI_BOLD,
    CLI_DIM,
    CLI_GREEN,
    CLI_RED,
    CLI_YELLOW,
    CLI_CYAN
} cli_style;

/* Print the text in a style where the stream is a terminal. */
void cli_styled(FILE *stream, cli_style style, const char *format, ...) KF_PRINTF(3, 4);
cli_style cli_state_style(const char *state);
/* "1.2 s", "350 ms", "2 min 5 s" */
void cli_put_duration(kf_buf *buf, double seconds);
void cli_put_size(kf_buf *buf, double bytes);
/* A value in one line: strings bare, the rest as JSON, cut at `width` columns if it is
 * > 0. */
void cli_put_value(kf_buf *buf, const kf_value *value, size_t width);
/* Text of several lines in one, with a blank between words, cut as above. NULL: nothing. */
void cli_put_line(kf_buf *buf, const char *text, size_t width);

/* ---- table.c ---- */

/* A table of text, printed with columns as wide as needed; the state column is
 * coloured. */
typedef struct cli_table cli_table;
cli_table *cli_table_new(
    const char *const *headings); /* NULL-terminated; NULL: out of memory. */
void cli_table_cell(cli_table *table, const char *text);   /* Row by row. */
void cli_table_number(cli_table *table, const char *text); /* Right-aligned. */
void cli_table_state(cli_table *table, const char *state);
void cli_table_print(const cli_table *table, FILE *stream, int indent);
void cli_table_free(cli_table *table);

/* ---- source.c ---- */

/* The interpreter that has the package kf: $KF_PYTHON, or the one beside this program, or python3.
 * To be ended with kf__free; NULL: out of memory. */
char *cli_python(void);

/* Read FILE.yaml, or compile FILE.py with Python (picking `function` if given). */
typedef struct cli_source {
    const char *path;
    const char *function;
    bool verbose_form;
    const char *runtime;
} cli_source;
/* The text of the pipeline's document. False: it was complained about, *status is how
 * to end. */
bool cli_source_text(
    const cli_command *command, const cli_source *source, kf_buf *out, int *status);

/* Whether a document says that it is an experiment: no pipeline has such a line. */
bool cli_is_experiment(const char *text);
/* Whether some document of it is KServe's: not a pipeline with one in its texts. */
bool cli_is_service(const char *text);

/* ---- arguments.c ---- */

/* The words NAME=VALUE, over the struct in `file` (or NULL), as the pipeline's inputs read them
 * (IR: inputDefinitions). */
KF_MUST_CHECK kf_status cli_read_arguments(
    const cli_words *words, const char *file, const kf_value *inputs, kf_value **out);
/* Print the thread's error; where an argument is at fault also what inputs there are: CLI_USAGE. */
int cli_fail_arguments(const cli_command *command, const kf_value *inputs);

/* Print what inputs there are, and what to do about it. */
void cli_print_inputs(const kf_value *inputs, const char *advice);

/* ---- space.c, search.c ---- */

enum { CLI_TRIALS = 20 }; /* Unless --trials says so. */

/* A search as options describe it. */
typedef struct cli_search {
    cli_words space, objectives, metrics, settings, stopping, arguments;
    const char *goal, *algorithm, *early_stopping, *arguments_file;
    int max_failed;
} cli_search;

/* Add the parameter that a word describes: "rate=double(1e-5,0.1,logUniform)",
 * "act=relu,gelu", "depth=int(1,8) if model=tree". */
kf_status cli_add_parameter(kf_space *space, const char *word);
/* `trials` and `jobs` 0: the default. */
kf_status cli_search_experiment(const cli_search *search, const char *name, int trials,
    int jobs, kf_experiment **out);
/* The name of an option that was given; NULL: none. */
const char *cli_search_option(const cli_search *search);
void cli_search_finish(cli_search *search);

/* ---- describe.c ---- */

/* Print a run: state, arguments, steps, metrics, artifacts, outputs; in full also what
 * went into and came out of each step. */
void cli_describe_run(const kf_value *run, bool in_full);
/* The state of a run as people see it: INTERRUPTED if its process is gone. */
const char *cli_run_state(const kf_value *run);
void cli_put_time(kf_buf *buf, const kf_value *time);

/* ---- describe_experiment.c ---- */

/* Print an experiment: state, counts, the best trial; in full also the rest. */
void cli_describe_experiment(const kf_value *experiment, bool in_full);
/* describe_search.c: importance, how the best was found, trials by what became of them. */
void cli_describe_search(const kf_value *experiment);
/* Print its trials as a table. */
void cli_print_trials(const kf_value *experiment, FILE *stream, int indent);
void cli_put_params(kf_buf *buf, const kf_value *params);

/* ---- order.c ---- */

/* Positions of the tasks of a run in the order of their tree, groups before what is in them.
 * To be ended with kf__free; NULL: out of memory. */
size_t *cli_tree_order(const kf_value *tasks);

/* ---- interrupt.c ---- */

/* Count interrupts (SIGINT, SIGTERM) from now on instead of ending. */
void cli_catch_interrupts(void);
int cli_interrupts(void);
/* The next one ends the process. */
void cli_release_interrupts(void);

/* ---- progress.c ---- */

/* Shows a run as it goes: live on a terminal, plain lines elsewhere. */
typedef struct cli_progress cli_progress;
cli_progress *cli_progress_new(bool silent); /* NULL: out of memory. */
int cli_progress_event(
    const kf_event *event, void *progress); /* A kf_event_callback. */
/* A line of its own among what is printed. */
void cli_progress_say(cli_progress *progress, const char *text);
void cli_progress_tick(cli_progress *progress); /* Redraw; several times a second. */
void cli_progress_end(cli_progress *progress);  /* Clear what is live. */
void cli_progress_free(cli_progress *progress);

/* ---- describe_service.c: of the items of kf_server_services ---- */

const char *cli_service_state(const kf_value *item); /* "READY", "STOPPED", … */
void cli_put_updated(kf_buf *out, const kf_value *item);
/* "iris-predictor-00002 10 %, iris-predictor-00001 90 %" */
void cli_put_traffic(kf_buf *out, const kf_value *component);
void cli_describe_service(const kf_value *item);

#endif
