/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/value.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "io/file.h"
#include "serving/trained.h"

enum {
    LOOK_MS = 200, /* Between looks at the files. */
    PORT = 8080,
    GRPC_PORT = 8081, /* As KServe's own servers. */
    NOT_GIVEN = -1,
    FILES_MOST = 1 << 15, /* Open at once, connections among them. */
    LARGE = 1 << 20 /* Bytes: such blocks go back to the system when they are freed. */
};

typedef struct serve_settings {
    cli_common common;
    const char *address, *certificate, *key, *token_file, *python;
    cli_words models;
    int port, grpc_port, threads, body_limit;
    bool any_port, host_commands, quiet;
} serve_settings;

/* ---- the files ---- */

typedef struct watched {
    const char *path;
    bool is_there;
    struct stat seen;
} watched;

/* Whether the file is another one than at the last look. */
static bool look(watched *file)
{
    struct stat now = {0}, *seen = &file->seen;
    bool is_there = stat(file->path, &now) == 0;
    bool same = is_there == file->is_there && now.st_size == seen->st_size &&
                now.st_ino == seen->st_ino && now.st_dev == seen->st_dev &&
                now.st_mtim.tv_sec == seen->st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
    file->is_there = is_there;
    *seen = now;
    return !same;
}

static bool any_changed(watched *files, size_t count)
{
    bool changed = false;
    for (size_t i = 0; i < count; i++)
        changed |= look(&files[i]);
    return changed;
}

/* One of them that is being replaced is not there for a while. */
static bool all_there(const watched *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!files[i].is_there)
            return false;
    return true;
}

/* All documents of all files. The failing file: *bad. */
static kf_status read_files(
    const watched *files, size_t count, kf_services **out, const char **bad)
{
    kf_services *all = NULL, *one = NULL;
    kf_status status = kf_services_new(&all);
    for (size_t i = 0; status == KF_OK && i < count; i++) {
        *bad = files[i].path;
        status = kf_services_open(files[i].path, &one);
        for (size_t k = 0; status == KF_OK && k < kf_services_count(one); k++)
            status = kf_services_put(all, kf_services_at(one, k));
        kf_services_free(one);
        one = NULL;
    }
    if (status != KF_OK) {
        kf_services_free(all);
        return status;
    }
    *bad = NULL;
    *out = all;
    return KF_OK;
}

/* ---- what is served ---- */

typedef struct shown {
    char *name;
    char *state;
    bool is_served;
} shown;

typedef struct session {
    const cli_command *command;
    const serve_settings *settings;
    kf_server *server;
    watched *files;
    size_t file_count;
    KF__VEC(shown) shown;
    bool shows_grpc;
} session;

static shown *shown_of(session *self, const char *name)
{
    for (size_t i = 0; i < self->shown.count; i++)
        if (strcmp(self->shown.items[i].name, name) == 0)
            return &self->shown.items[i];
    shown made = {kf__strdup(name), NULL, true};
    if (made.name == NULL || kf__vec_push(&self->shown, made) != KF_OK) {
        kf__free(made.name);
        return NULL;
    }
    return &self->shown.items[self->shown.count - 1];
}

static void show(session *self, const char *name, const char *state)
{
    shown *last = shown_of(self, name);
    if (last != NULL)
        last->is_served = true;
    if (last == NULL || (last->state != NULL && strcmp(last->state, state) == 0))
        return;
    kf__free(last->state);
    last->state = kf__strdup(state);
    if (!self->settings->quiet)
        fprintf(stderr, "%s %s\n", name, state);
}

/* "iris"; of a TrainedModel of it "iris/v7". */
static void put_key(kf_buf *out, const kf_service *service)
{
    const char *parent = kf__get_text(kf_service_spec(service), "inferenceService");
    if (kf_service_what(service) == KF_SERVICE_TRAINED_MODEL && parent != NULL)
        kf__buf_printf(out, "%s/", parent);
    kf__buf_puts(out, kf_service_name(service));
}

/* The same, with a namespace that is not the usual one. */
static void put_name(kf_buf *out, const kf_service *service)
{
    if (strcmp(kf_service_namespace(service), "default") != 0)
        kf__buf_printf(out, "%s/", kf_service_namespace(service));
    put_key(out, service);
}

static void put_url(kf_buf *out, const session *self, const kf_services *documents,
    const kf_service *service)
{
    const char *name = kf_service_name(service);
    const char *parent = kf__get_text(kf_service_spec(service), "inferenceService");
    bool is_model = kf_service_what(service) != KF_SERVICE_INFERENCE_GRAPH &&
                    !kf__trained_has(documents, service);
    kf__buf_puts(out, kf_server_url(self->server));
    if (!is_model || strcmp(kf_service_namespace(service), "default") != 0)
        kf__buf_printf(out, "/serving/%s/%s", kf_service_namespace(service),
            parent != NULL ? parent : name);
    if (is_model)
        kf__buf_printf(out, "/v1/models/%s:predict", name);
}

static void show_service(
    session *self, const kf_services *documents, const kf_service *service)
{
    kf_buf key = KF__BUF_INIT, name = KF__BUF_INIT, state = KF__BUF_INIT;
    kf__buf_printf(&key, "%s/", kf_service_namespace(service));
    put_key(&key, service);
    put_name(&name, service);
    kf_status status = kf_server_wait(self->server, kf__buf_text(&key), 0);
    if (status == KF_OK) {
        kf__buf_puts(&state, "is ready: ");
        put_url(&state, self, documents, service);
    } else if (status == KF_ETIMEOUT) {
        kf__buf_puts(&state, "is being loaded");
    } else {
        kf__buf_puts(&state, kf_last_error()->message);
    }
    show(self, kf__buf_text(&name), kf__buf_text(&state));
    kf__buf_finish(&state);
    kf__buf_finish(&name);
    kf__buf_finish(&key);
}

/* How each service is, when that has changed. */
static void show_services(session *self, const kf_services *documents)
{
    for (size_t i = 0; i < self->shown.count; i++)
        self->shown.items[i].is_served = false;
    for (size_t i = 0; i < kf_services_count(documents); i++) {
        const kf_service *service = kf_services_at(documents, i);
        kf_service_kind kind = kf_service_what(service);
        if ((kind == KF_SERVICE_INFERENCE_SERVICE ||
                kind == KF_SERVICE_INFERENCE_GRAPH ||
                kind == KF_SERVICE_TRAINED_MODEL) &&
            !kf_service_is_stopped(service))
            show_service(self, documents, service);
    }
    for (size_t i = 0; i < self->shown.count; i++)
        if (!self->shown.items[i].is_served)
            show(self, self->shown.items[i].name, "is not served any more");
}

/* What is served all the same. Files that are read together have no place of their own. */
static void show_warnings(const session *self, const kf_services *documents)
{
    kf_report *report = NULL;
    if (self->settings->quiet || kf_services_check(documents, &report) != KF_OK)
        return;
    const char *path = self->file_count == 1 ? self->files[0].path : "kf serve";
    for (size_t i = 0; i < kf_report_count(report); i++) {
        kf_finding finding = *kf_report_at(report, i);
        if (self->file_count > 1)
            finding.line = 0;
        cli_print_finding(stderr, path, &finding);
    }
    kf_report_free(report);
}

static int apply(session *self, kf_services **documents)
{
    kf_services *read = NULL;
    const char *bad = NULL;
    if (read_files(self->files, self->file_count, &read, &bad) != KF_OK)
        return bad ? cli_fail_in(self->command, bad) : cli_fail(self->command);
    if (kf_server_apply(self->server, read) != KF_OK) {
        kf_services_free(read);
        return self->file_count == 1 ? cli_fail_in(self->command, self->files[0].path)
                                     : cli_fail(self->command);
    }
    show_warnings(self, read);
    kf_services_free(*documents);
    *documents = read;
    return CLI_OK;
}

/* "name=path" */
static int add_model(session *self, const char *word)
{
    const char *equals = strchr(word, '=');
    if (equals == NULL || equals == word) {
        cli_complain(self->command, "--model %s: expected NAME=FILE", word);
        return CLI_USAGE;
    }
    kf_model *model = NULL;
    kf_buf name = KF__BUF_INIT;
    kf__buf_append(&name, word, (size_t)(equals - word));
    kf_status status = kf_model_open(equals + 1, NULL, &model);
    if (status == KF_OK)
        status = kf_server_add_model(self->server, kf__buf_text(&name), model);
    if (status == KF_OK && !self->settings->quiet)
        fprintf(stderr, "%s is ready: %s/v1/models/%s:predict\n", kf__buf_text(&name),
            kf_server_url(self->server), kf__buf_text(&name));
    kf__buf_finish(&name);
    return status == KF_OK ? CLI_OK : cli_fail(self->command);
}

/* It may begin when a file is changed. */
static void show_grpc(session *self)
{
    unsigned port = kf_server_grpc_port(self->server);
    if (port == 0 || self->shows_grpc || self->settings->quiet)
        return;
    self->shows_grpc = true;
    fprintf(stderr, "kf serve: listening for gRPC on port %u\n", port);
}

/* Until it is interrupted. What is changed counts once it stays as it is from one look to
 * the next: until then it may be half written. */
static void watch(session *self, kf_services **documents)
{
    bool changed = false, failed = false;
    while (!cli_interrupts()) {
        show_grpc(self);
        show_services(self, *documents);
        kf__sleep_ms(LOOK_MS);
        if (any_changed(self->files, self->file_count)) {
            changed = true;
        } else if (changed && all_there(self->files, self->file_count)) {
            bool failed_before = failed;
            changed = false;
            failed = apply(self, documents) != CLI_OK;
            if (failed_before && !failed && !self->settings->quiet)
                fprintf(stderr, "kf serve: the documents are sound again\n");
        }
    }
    cli_release_interrupts();
}

static int serve(session *self)
{
    kf_services *documents = NULL;
    int status = CLI_OK;
    (void)any_changed(self->files, self->file_count);
    for (size_t i = 0; status == CLI_OK && i < self->settings->models.count; i++)
        status = add_model(self, self->settings->models.items[i]);
    if (status == CLI_OK)
        status = apply(self, &documents);
    if (status == CLI_OK) {
        if (!self->settings->quiet)
            fprintf(stderr, "kf serve: listening on %s\n", kf_server_url(self->server));
        watch(self, &documents);
    }
    kf_services_free(documents);
    return status;
}

/* ---- the command ---- */

static kf_status read_token(const char *path, kf_buf *out)
{
    if (path == NULL)
        return KF_OK;
    kf_status status = kf__file_read(path, 1 << 16, out);
    while (status == KF_OK && out->length > 0 &&
           strchr(" \r\n", out->data[out->length - 1]) != NULL)
        kf__buf_truncate(out, out->length - 1);
    return status;
}

static kf_status start(const serve_settings *settings, kf_server **out)
{
    kf_buf token = KF__BUF_INIT;
    kf_status status = read_token(settings->token_file, &token);
    kf_server_options options = {.size = sizeof options,
        .home = settings->common.home,
        .address = settings->address,
        .port = settings->any_port   ? 0
                : settings->port > 0 ? (uint16_t)settings->port
                                     : PORT,
        .grpc = settings->grpc_port != NOT_GIVEN,
        .grpc_port = settings->grpc_port != NOT_GIVEN ? (uint16_t)settings->grpc_port
                     : settings->any_port             ? 0
                                                      : GRPC_PORT,
        .threads = settings->threads,
        .body_limit = (size_t)settings->body_limit << 20,
        .certificate = settings->certificate,
        .key = settings->key,
        .token = settings->token_file ? kf__buf_text(&token) : NULL,
        .python = settings->python,
        .host_commands = settings->host_commands};
    if (status == KF_OK)
        status = kf_server_start(&options, out);
    kf__buf_finish(&token);
    return status;
}

/* A connection is an open file, of which a process has 1,024 unless it asks for more. */
static void allow_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= FILES_MOST)
        return;
    limit.rlim_cur = limit.rlim_max < FILES_MOST ? limit.rlim_max : FILES_MOST;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* glibc would keep twice the largest block that was ever freed. */
static void give_memory_back(void)
{
#ifdef __GLIBC__
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * LARGE);
#endif
}

static int run_session(const cli_command *command, const serve_settings *settings,
    watched *files, size_t count)
{
    session self = {
        .command = command, .settings = settings, .files = files, .file_count = count};
    cli_catch_interrupts();
    give_memory_back();
    allow_files();
    if (start(settings, &self.server) != KF_OK)
        return cli_fail(command);
    int status = serve(&self);
    kf_server_free(self.server);
    for (size_t i = 0; i < self.shown.count; i++) {
        kf__free(self.shown.items[i].name);
        kf__free(self.shown.items[i].state);
    }
    kf__vec_finish(&self.shown);
    return status;
}

static int run(const cli_command *command, int argc, char **argv)
{
    enum { MOST = 256 };
    static const char *words[MOST];
    static watched files[MOST];
    serve_settings settings = {.grpc_port = NOT_GIVEN};
    const cli_option options[] = {
        {"port", 'p', CLI_INT, &settings.port, "N", "Port (default: 8080)"},
        {"any-port", 0, CLI_FLAG, &settings.any_port, NULL, "A port that is free"},
        {"grpc-port", 0, CLI_INT, &settings.grpc_port, "N",
            "Port of gRPC, 0: one that is free (default: 8081 once a document's "
            "protocolVersion is grpc-v2)"},
        {"address", 0, CLI_TEXT, &settings.address, "ADDRESS",
            "Address to listen on (default: 127.0.0.1, this machine alone)"},
        {"threads", 't', CLI_INT, &settings.threads, "N",
            "Threads that answer requests (default: 1)"},
        {"model", 'm', CLI_LIST, &settings.models, "NAME=FILE",
            "Serve the model in a file without a document; may be given again"},
        {"certificate", 0, CLI_TEXT, &settings.certificate, "FILE",
            "Certificate in PEM, for HTTPS"},
        {"key", 0, CLI_TEXT, &settings.key, "FILE", "Its key in PEM"},
        {"token-file", 0, CLI_TEXT, &settings.token_file, "FILE",
            "Answer requests with the bearer token in the file alone"},
        {"body-limit", 0, CLI_INT, &settings.body_limit, "MIB",
            "Most of one request, in MiB (default: 1024)"},
        {"host-commands", 0, CLI_FLAG, &settings.host_commands, NULL,
            "Run the commands of custom containers on this machine"},
        {"python", 0, CLI_TEXT, &settings.python, "PATH",
            "Interpreter of models in Python (default: the one beside kf)"},
        {"quiet", 'q', CLI_FLAG, &settings.quiet, NULL, "No progress"},
        CLI_COMMON(settings.common),
    };
    int status;
    if (!cli_parse(command, options, argc, argv, 0, MOST, words, &status))
        return status;
    size_t count = 0;
    for (; count < MOST && words[count] != NULL; count++)
        files[count].path = words[count];
    if (count + settings.models.count == 0) {
        cli_complain(command, "a FILE or --model NAME=FILE is needed");
        status = CLI_USAGE;
    } else if (settings.port > 65535 || settings.grpc_port > 65535) {
        bool http = settings.port > 65535;
        cli_complain(command, "--%s %d: expected at most 65535",
            http ? "port" : "grpc-port", http ? settings.port : settings.grpc_port);
        status = CLI_USAGE;
    } else {
        char *python = settings.python ? NULL : cli_python();
        if (python)
            settings.python = python;
        status = run_session(command, &settings, files, count);
        kf__free(python);
    }
    cli_words_finish(&settings.models);
    return status;
}

const cli_command cli_serve_command = {"serve", "FILE...",
    "Serve the models of InferenceServices on this machine",
    "Serves the InferenceServices in the files (YAML or JSON, as for KServe) over the "
    "V1 and V2 protocols, and over gRPC, until it is interrupted. When a file is "
    "changed, the services "
    "in "
    "it become what it says, without a failed request: a changed component gets a "
    "new revision, and canaryTrafficPercent splits the traffic.\n\n"
    "A service called iris is asked at /v1/models/iris:predict and "
    "/v2/models/iris/infer.",
    run};
