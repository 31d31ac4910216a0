/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"
#include "io/file.h"
#include "io/process.h"

char *cli_python(void)
{
    const char *chosen = kf__environment("KF_PYTHON");
    if (chosen && *chosen)
        return kf__strdup(chosen);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash) {
            *slash = '\0';
            char *beside = kf__join_path(self, "python3");
            if (beside && access(beside, X_OK) == 0)
                return beside;
            kf__free(beside);
        }
    }
    return kf__strdup("python3");
}

/* Compile with `python3 -m kf._compile`: the document on its standard output, errors on
 * ours. */
static bool compile_python(const cli_command *command, const char *python,
    const cli_source *source, kf_buf *out)
{
    const char *argv[12];
    int count = 0;
    argv[count++] = python;
    argv[count++] = "-m";
    argv[count++] = "kf._compile";
    if (source->function) {
        argv[count++] = "--function";
        argv[count++] = source->function;
    }
    if (source->runtime) {
        argv[count++] = "--runtime";
        argv[count++] = source->runtime;
    }
    if (source->verbose_form)
        argv[count++] = "--verbose-form";
    argv[count++] = source->path;
    argv[count] = NULL;

    int pipe_ends[2];
    if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
        cli_complain(command, "no pipe: %s", strerror(errno));
        return false;
    }
    kf_process_options options = {.argv = argv,
        .stdin_fd = -1,
        .stdout_fd = pipe_ends[1],
        .stderr_fd = STDERR_FILENO,
        .keep_fd = -1};
    kf_process process;
    kf_status status = kf__process_start(&options, &process);
    (void)close(pipe_ends[1]);
    if (status != KF_OK) {
        (void)close(pipe_ends[0]);
        (void)cli_fail(command);
        return false;
    }
    char block[65536];
    for (ssize_t got; (got = read(pipe_ends[0], block, sizeof block)) > 0;)
        kf__buf_append(out, block, (size_t)got);
    (void)close(pipe_ends[0]);
    int exit_code = 0;
    return kf__process_wait(&process, -1, &exit_code) == KF_OK && exit_code == 0 &&
           out->status == KF_OK;
}

bool cli_source_text(
    const cli_command *command, const cli_source *source, kf_buf *out, int *status)
{
    *status = CLI_FAILURE;
    if (!kf__file_exists(source->path)) {
        cli_complain(command, "no file %s", source->path);
        *status = CLI_USAGE;
        return false;
    }
    if (kf__ends_with(source->path, ".py")) {
        char *python = cli_python();
        bool done = python && compile_python(command, python, source, out);
        kf__free(python);
        return done;
    }
    if (source->function) {
        cli_complain(
            command, "--function goes with a .py file, and %s is none", source->path);
        *status = CLI_USAGE;
        return false;
    }
    if (kf__file_read(source->path, KF__LIMIT_DOCUMENT_BYTES, out) != KF_OK) {
        (void)cli_fail(command);
        return false;
    }
    return true;
}

bool cli_is_experiment(const char *text)
{
    for (const char *at = strstr(text, "kind"); at != NULL;
         at = strstr(at + 4, "kind")) {
        const char *value = at + 4 + strspn(at + 4, "\"\' \t:");
        if (strncmp(value, "Experiment", 10) == 0 ||
            strncmp(value, "OptimizationJob", 15) == 0)
            return strstr(text, "kubeflow.org/v1") != NULL;
    }
    return false;
}

/* A line of the text begins with this, quotes left out. */
static bool has_line(const char *text, const char *begin)
{
    for (const char *at = strstr(text, begin); at != NULL; at = strstr(at + 1, begin)) {
        const char *before = at;
        while (before > text && strchr("\"{", before[-1]) != NULL)
            before--;
        if (before == text || before[-1] == '\n')
            return true;
    }
    return false;
}

bool cli_is_service(const char *text)
{
    if (has_line(text, "pipelineInfo") || has_line(text, "deploymentSpec") ||
        has_line(text, "implementation"))
        return false;
    for (const char *at = strstr(text, "apiVersion"); at != NULL;
         at = strstr(at + 10, "apiVersion")) {
        const char *value = at + 10 + strspn(at + 10, "\"\' \t:");
        if (strncmp(value, "serving.kserve.io/", 18) == 0 ||
            strncmp(value, "serving.kubeflow.org/", 21) == 0)
            return true;
    }
    return false;
}
