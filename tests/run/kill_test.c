/* SPDX-License-Identifier: Apache-2.0 */
/* kill_test [SEED [KILLS]]: run the engine in a child process, kill it at random instants, resume
 * the run in another child, until it succeeds; again, until KILLS children were killed. Then
 *  - no task that was reported as finished was executed again by a later process,
 *  - the result is that of a run which nobody disturbed,
 *  - the store holds every task once, succeeded.
 * The ledger has a line "executed PROCESS TASK" of each task at its end, and a line
 * "reported PROCESS TASK" of each event. */
#include <kf.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/value.h"
#include "io/file.h"
#include "io/yaml.h"
#include "run/run_handle.h"

enum { CHAINS = 6, LENGTH = 12, ITEMS = 15 };

static char home[64];
static char ledger[128];
static int process_number;
static unsigned long long state; /* Of the random numbers. */

static void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "kill_test: %s: %s\n", what, detail);
    exit(EXIT_FAILURE);
}

static void must(kf_status status, const char *what)
{
    if (status != KF_OK)
        give_up(what, kf_last_error()->message);
}

/* xorshift64* */
static unsigned random_below(unsigned limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned)((state * 0x2545F4914F6CDD1DULL) >> 33) % limit;
}

static void write_ledger(const char *verb, const char *task)
{
    char line[256];
    int length = snprintf(line, sizeof line, "%s %d %s\n", verb, process_number, task);
    int descriptor = open(ledger, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor < 0 || write(descriptor, line, (size_t)length) != length)
        give_up("cannot write the ledger", strerror(errno));
    close(descriptor);
}

/* ---- the pipeline ---- */

#define STEP                                                                           \
    "  comp-step: {executorLabel: exec-step, inputDefinitions: {parameters: {"         \
    "id: {parameterType: STRING}, x: {parameterType: NUMBER_INTEGER}}}, "              \
    "outputDefinitions: {"                                                             \
    "parameters: {Output: {parameterType: NUMBER_INTEGER}}, artifacts: {file: "        \
    "{artifactType: {"                                                                 \
    "schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}}\n"

static void put_components(kf_buf *out)
{
    kf__buf_puts(out,
        "components:\n" STEP "  comp-command: {executorLabel: exec-command, "
        "inputDefinitions: {artifacts: {file: {"
        "artifactType: {schemaTitle: system.Dataset, schemaVersion: 0.0.1}}}}, "
        "outputDefinitions: {"
        "parameters: {Output: {parameterType: NUMBER_INTEGER}}}}\n"
        "  comp-sum: {executorLabel: exec-sum, inputDefinitions: {parameters: {"
        "id: {parameterType: STRING}, list: {parameterType: LIST}}}, "
        "outputDefinitions: {"
        "parameters: {Output: {parameterType: NUMBER_INTEGER}}}}\n"
        "  comp-loop: {inputDefinitions: {parameters: {item: {parameterType: "
        "NUMBER_INTEGER},"
        " x: {parameterType: NUMBER_INTEGER}}}, outputDefinitions: {parameters: {"
        "all: {parameterType: LIST}}}, dag: {outputs: {parameters: {all: "
        "{valueFromParameter: {"
        "producerSubtask: second, outputParameterKey: Output}}}}, tasks: {"
        "first: {componentRef: {name: comp-step}, inputs: {parameters: {"
        "id: {runtimeValue: {constant: "
        "\"loop[{{$.inputs.parameters['item']}}]/first\"}},"
        " item: {componentInputParameter: item}, x: {componentInputParameter: item}}}},"
        "second: {componentRef: {name: comp-step}, inputs: {parameters: {"
        "id: {runtimeValue: {constant: "
        "\"loop[{{$.inputs.parameters['item']}}]/second\"}},"
        " item: {componentInputParameter: item}, x: {taskOutputParameter: "
        "{producerTask: first,"
        " outputParameterKey: Output}}}}}}}}\n"
        "deploymentSpec: {executors: {"
        "exec-step: {container: {image: libkf/call, command: [kf, call, step]}},"
        "exec-sum: {container: {image: libkf/call, command: [kf, call, sum]}},"
        "exec-command: {container: {image: x, command: [sh, -c, 'cat \"$0\" > \"$1\"',"
        " \"{{$.inputs.artifacts['file'].path}}\","
        " \"{{$.outputs.parameters['Output'].output_file}}\"]}}}}\n"
        "pipelineInfo: {name: kill}\nschemaVersion: 2.1.0\n"
        "root: {dag: {outputs: {parameters: {total: {valueFromParameter: "
        "{producerSubtask: sum,"
        " outputParameterKey: Output}}}}, tasks: {\n");
}

static void put_document(kf_buf *out)
{
    put_components(out);
    for (int chain = 0; chain < CHAINS; chain++)
        for (int i = 0; i < LENGTH; i++) {
            kf__buf_printf(out,
                "c%d-%d: {cachingOptions: {enableCache: %s}, componentRef: {name: "
                "comp-step},"
                " inputs: {parameters: {id: {runtimeValue: {constant: c%d-%d}}, x: ",
                chain, i, i % 2 ? "true" : "false", chain, i);
            if (i == 0)
                kf__buf_printf(
                    out, "{runtimeValue: {constant: %d}}}}},\n", chain * 100);
            else
                kf__buf_printf(out,
                    "{taskOutputParameter: {producerTask: c%d-%d, outputParameterKey: "
                    "Output}}}}},\n",
                    chain, i - 1);
        }
    for (int chain = 0; chain < CHAINS; chain++)
        kf__buf_printf(out,
            "p%d: {componentRef: {name: comp-command}, inputs: {artifacts: {file: {"
            "taskOutputArtifact: {producerTask: c%d-%d, outputArtifactKey: "
            "file}}}}},\n",
            chain, chain, LENGTH / 2);
    kf__buf_puts(out,
        "loop: {componentRef: {name: comp-loop}, inputs: {parameters: {x: {"
        "taskOutputParameter: {producerTask: c0-2, outputParameterKey: Output}}}},"
        " parameterIterator: {itemInput: item, items: {raw: '[");
    for (int i = 0; i < ITEMS; i++)
        kf__buf_printf(out, "%s%d", i ? ", " : "", i);
    kf__buf_puts(out,
        "]'}}},\nsum: {componentRef: {name: comp-sum}, inputs: {parameters: {"
        "id: {runtimeValue: {constant: sum}}, ");
    for (int chain = 0; chain < CHAINS; chain++)
        kf__buf_printf(out,
            "e%d: {taskOutputParameter: {producerTask: c%d-%d, outputParameterKey: "
            "Output}},"
            " f%d: {taskOutputParameter: {producerTask: p%d, outputParameterKey: "
            "Output}},\n",
            chain, chain, LENGTH - 1, chain, chain);
    kf__buf_puts(out,
        "loop: {taskOutputParameter: {producerTask: loop, outputParameterKey: all}},"
        " list: {runtimeValue: {constant: [\"{{$.inputs.parameters['loop']}}\"");
    for (int chain = 0; chain < CHAINS; chain++)
        kf__buf_printf(out,
            ", \"{{$.inputs.parameters['e%d']}}\", \"{{$.inputs.parameters['f%d']}}\"",
            chain, chain);
    kf__buf_puts(out, "]}}}}}}}}\n");
}

/* What an undisturbed run comes to: chains of + 1, the command reads the middle of its chain, the
 * loop adds 2 to each item. */
static int64_t expected_total(void)
{
    int64_t total = 0;
    for (int chain = 0; chain < CHAINS; chain++)
        total += chain * 100 + LENGTH + chain * 100 + LENGTH / 2 + 1;
    for (int i = 0; i < ITEMS; i++)
        total += i + 2;
    return total;
}

static int give(kf_call *call, int64_t number)
{
    kf_value *value = NULL;
    int failed = kf_value_new_int(number, &value) != KF_OK ||
                 kf_call_set_output(call, "Output", value) != KF_OK;
    kf_value_free(value);
    return failed;
}

static int step(kf_call *call, void *payload)
{
    int64_t result = kf_value_int(kf_call_input(call, "x")) + 1;
    struct timespec nap = {.tv_nsec = 300000};
    (void)payload;
    nanosleep(&nap, NULL);
    FILE *file = fopen(kf_call_output_path(call, "file"), "w");
    if (!file || fprintf(file, "%lld", (long long)result) < 0 || fclose(file))
        return 1;
    write_ledger("executed", kf_value_string(kf_call_input(call, "id")));
    return give(call, result);
}

static int64_t sum_of(const kf_value *value)
{
    int64_t total = kf_value_int(value);
    for (size_t i = 0;
         kf_value_kind(value) == KF_KIND_LIST && i < kf_value_length(value); i++)
        total += sum_of(kf_value_at(value, i));
    return total;
}

static int sum(kf_call *call, void *payload)
{
    (void)payload;
    write_ledger("executed", "sum");
    return give(call, sum_of(kf_call_input(call, "list")));
}

/* ---- the child ---- */

static int on_event(const kf_event *event, void *payload)
{
    (void)payload;
    if (event->task &&
        (event->state == KF_STATE_SUCCEEDED || event->state == KF_STATE_CACHED))
        write_ledger("reported", event->task);
    return 0;
}

static kf_status begin(kf_store *store, const kf_run_options *options, kf_run **run)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf text = KF__BUF_INIT;
    kf_value *documents = NULL;
    put_document(&text);
    must(kf__yaml_read(&tree, kf__buf_text(&text), text.length, &documents),
        "the document");
    kf_status status = kf__run_start(store, kf__at(documents, 0), NULL, options, run);
    kf__tree_finish(&tree);
    kf__buf_finish(&text);
    return status;
}

static int engine(void)
{
    static const kf_function functions[] = {{"step", step, NULL}, {"sum", sum, NULL}};
    const kf_run_options *options =
        KF_OPTIONS(kf_run_options, .functions = functions, .function_count = 2,
            .jobs = 4, .containers = KF_CONTAINERS_HOST, .on_event = on_event);
    kf_store *store = NULL;
    kf_value *runs = NULL;
    kf_run *run = NULL;
    must(kf_store_open(home, &store), "the store");
    must(kf_store_runs(store, NULL, &runs), "the runs");
    const char *found = kf__get_text(kf_value_at(runs, 0), "state");
    if (!found)
        must(begin(store, options, &run), "the start");
    else if (strcmp(found, "SUCCEEDED") != 0)
        must(kf_run_resume(store, "latest", options, &run), "the resume");
    if (run)
        must(kf_run_wait(run, 60), "the run");
    kf_run_free(run);
    kf_value_free(runs);
    kf_store_free(store);
    return EXIT_SUCCESS;
}

/* True if it was killed; what it needed otherwise. */
static bool run_child(bool undisturbed, unsigned longest_us, int64_t *took_us)
{
    int64_t start = kf__monotonic_ns();
    process_number++;
    pid_t child = fork();
    if (child < 0)
        give_up("fork", strerror(errno));
    if (child == 0)
        _exit(engine());
    if (!undisturbed) {
        unsigned wait_us = random_below(longest_us);
        struct timespec wait = {
            .tv_sec = wait_us / 1000000, .tv_nsec = (long)(wait_us % 1000000) * 1000};
        nanosleep(&wait, NULL);
        (void)kill(child, SIGKILL);
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        give_up("waitpid", strerror(errno));
    *took_us = (kf__monotonic_ns() - start) / 1000;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
        return false;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        give_up("the child failed", home);
    return true;
}

/* ---- the verdict ---- */

static void check_ledger(void)
{
    kf_buf text = KF__BUF_INIT;
    kf_map reported = KF__MAP_INIT;
    must(kf__file_read(ledger, 64 << 20, &text), "the ledger");
    char *next = text.data;
    for (char *line = strsep(&next, "\n"); line && *line; line = strsep(&next, "\n")) {
        int process = 0, used = 0;
        char verb[16];
        size_t before = 0;
        if (sscanf(line, "%15s %d %n", verb, &process, &used) != 2)
            give_up("a torn line in the ledger", line);
        const char *task = line + used;
        bool known = kf__map_find_index(&reported, task, &before);
        if (strcmp(verb, "reported") == 0) {
            if (known)
                give_up("reported twice", task);
            must(kf__map_set_index(&reported, task, (size_t)process), "memory");
        } else if (known) {
            give_up("executed again after it was reported", task);
        }
    }
    kf__map_finish(&reported);
    kf__buf_finish(&text);
}

static void check_store(void)
{
    kf_store *store = NULL;
    kf_value *run = NULL;
    kf_map seen = KF__MAP_INIT;
    must(kf_store_open(home, &store), "the store");
    must(kf_store_run(store, "latest", &run), "the description");
    const kf_value *total = kf_value_get(kf_value_get(run, "outputs"), "total");
    if (kf_value_int(total) != expected_total())
        give_up("another result than undisturbed", home);
    const kf_value *tasks = kf_value_get(run, "tasks");
    /* Chains, commands, the loop with its iterations of two tasks, the sum. */
    size_t expected = CHAINS * LENGTH + CHAINS + 1 + ITEMS * 3 + 1;
    if (kf_value_length(tasks) != expected)
        give_up("another number of tasks", home);
    for (size_t i = 0; i < kf_value_length(tasks); i++) {
        const kf_value *task = kf_value_at(tasks, i);
        const char *path = kf__get_text(task, "path");
        const char *found = kf__get_text(task, "state");
        if (kf__map_has(&seen, path))
            give_up("twice in the store", path);
        must(kf__map_set(&seen, path, &seen), "memory");
        if (strcmp(found, "SUCCEEDED") != 0 && strcmp(found, "CACHED") != 0)
            give_up("not succeeded", path);
    }
    kf__map_finish(&seen);
    kf_value_free(run);
    kf_store_free(store);
}

static int kill_one_run(unsigned *longest_us)
{
    int kills = 0;
    int64_t took_us = 0;
    (void)snprintf(home, sizeof home, "%s", "/tmp/kf-kill-XXXXXX");
    if (!mkdtemp(home))
        give_up("mkdtemp", strerror(errno));
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", home);
    process_number = 0;
    while (run_child(*longest_us == 0, *longest_us ? *longest_us : 1, &took_us))
        kills++;
    /* The first run is left alone, and says how long one takes. */
    if (*longest_us == 0)
        *longest_us = (unsigned)(took_us * 2 / 3 + 2000);
    check_ledger();
    check_store();
    must(kf__remove_tree(home), "removing");
    return kills;
}

int main(int argc, char **argv)
{
    unsigned long long seed =
        argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)kf__now_ms();
    int wanted = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 40;
    int kills = 0, runs = 0;
    unsigned longest_us = 0;
    state = seed * 0x9E3779B97F4A7C15ULL + 1;
    printf("seed %llu\n", seed);
    fflush(stdout);
    for (; kills < wanted; runs++)
        kills += kill_one_run(&longest_us);
    printf("%d kills in %d runs, up to %.1f ms after the start\n", kills, runs,
        (double)longest_us / 1000);
    return EXIT_SUCCESS;
}
