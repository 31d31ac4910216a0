/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/rand.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "run/run_handle.h"

static kf_status init_locks(kf_engine *engine)
{
    engine->cancel_fd = engine->exit_cancel_fd = -1;
    KF__TRY(kf__mutex_init(&engine->mutex));
    KF__TRY(kf__mutex_init(&engine->reader_mutex));
    KF__TRY(kf__cond_init(&engine->work));
    KF__TRY(kf__cond_init(&engine->news));
    engine->cancel_fd = eventfd(0, EFD_CLOEXEC);
    engine->exit_cancel_fd = eventfd(0, EFD_CLOEXEC);
    if (engine->cancel_fd < 0 || engine->exit_cancel_fd < 0)
        return kf__fail(KF_EIO, NULL, "no descriptor is left to start a run");
    return KF_OK;
}

static char *format_path(kf_run *run, const char *folder, const char *name)
{
    return kf__arena_printf(&run->tree.arena, "%s/%s", folder, name);
}

/* Where the artifacts of this run go. */
static char *root_folder(kf_run *run)
{
    if (run->options.run_folder)
        return format_path(run, run->row.root, run->options.run_folder);
    char *pipeline = kf__sanitize_name(run->plan.name);
    char *root = pipeline ? format_path(run, run->row.root, pipeline) : NULL;
    kf__free(pipeline);
    return root ? format_path(run, root, run->row.id) : NULL;
}

static kf_status make_folders(kf_run *run)
{
    kf_engine *engine = &run->engine;
    char *runs = format_path(run, run->store->home, "runs");
    if (!runs)
        return KF_ENOMEM;
    engine->run_folder = format_path(run, runs, run->row.id);
    engine->root_folder = root_folder(run);
    if (!engine->run_folder || !engine->root_folder)
        return KF_ENOMEM;
    if (run->options.workspace_root)
        engine->workspace = run->options.workspace_root;
    else if (run->plan.workspace)
        engine->workspace = format_path(run, engine->run_folder, "workspace");
    if (engine->workspace)
        KF__TRY(kf__make_folders(engine->workspace));
    return kf__make_folders(engine->run_folder);
}

static kf_status init_engine(kf_run *run)
{
    kf_engine *engine = &run->engine;
    engine->plan = &run->plan;
    engine->options = &run->options;
    engine->home = run->store->home;
    engine->run_id = run->row.id;
    engine->run_number = run->row.number;
    engine->last_record = &engine->records;
    engine->jobs = run->options.jobs ? run->options.jobs : kf__processor_count();
    engine->static_keys =
        kf__calloc(run->plan.components.count, sizeof *engine->static_keys);
    if (!engine->static_keys)
        return KF_ENOMEM;
    KF__TRY(make_folders(run));
    engine->variables = kf__run_variables(&run->tree, run->row.id, run->plan.name,
        run->row.root, engine->workspace, run->row.created);
    return kf__tree_status(&run->tree);
}

/* A document's numbers are all doubles: what stands in lists and structs without a
 * fraction reaches a task as an integer, as on a cluster. */
static void whole_constants(kf_value *value)
{
    for (size_t i = 0; i < kf_value_length(value) && !kf_value_string(value); i++) {
        const char *key = kf_value_key(value, i);
        kf_value *member = kf__at(value, i);
        if (key && kf_value_length(member) &&
            (strcmp(key, "constant") == 0 || strcmp(key, "defaultValue") == 0))
            kf__whole_numbers(member);
        else
            whole_constants(member);
    }
}

kf_status kf__run_prepare(kf_run *run)
{
    whole_constants(run->spec);
    KF__TRY(init_locks(&run->engine));
    run->engine_ready = true;
    KF__TRY(kf__cond_init(&run->ended));
    KF__TRY(kf__plan_make(run->spec, run->platform, &run->plan));
    KF__TRY(kf__db_open(run->store->path, kf__store_migrations, &run->writer));
    return kf__db_open(run->store->path, kf__store_migrations, &run->engine.reader);
}

kf_status kf__run_launch(kf_run *run)
{
    KF__TRY(init_engine(run));
    if (run->row.attempted)
        KF__TRY(kf__run_recall(run));
    atomic_store(&run->state, KF_STATE_RUNNING);
    KF__TRY(kf__thread_start(&run->thread, kf__run_thread, run));
    run->thread_started = true;
    return KF_OK;
}

/* ---- a new run ---- */

static kf_status put_document(kf_run *run)
{
    kf_buf spec = KF__BUF_INIT, platform = KF__BUF_INIT;
    kf_sha256 sha;
    char digest[65];
    kf__put_json(&spec, run->spec, KF_JSON_COMPACT);
    if (run->platform)
        kf__put_json(&platform, run->platform, KF_JSON_COMPACT);
    else
        kf__buf_puts(&platform, "{}");
    kf__sha256_init(&sha);
    kf__sha256_update(&sha, kf__buf_text(&spec), spec.length + 1);
    kf__sha256_update(&sha, kf__buf_text(&platform), platform.length);
    kf__sha256_hex(&sha, digest);
    run->row.document = kf__arena_strdup(&run->tree.arena, digest);
    kf_status status = spec.status == KF_OK ? platform.status : spec.status;
    if (status == KF_OK)
        status = run->row.document ? kf__store_put_document(run->writer, digest,
                                         kf__buf_text(&spec), kf__buf_text(&platform))
                                   : KF_ENOMEM;
    kf__buf_finish(&spec);
    kf__buf_finish(&platform);
    return status;
}

static kf_status fill_row(kf_run *run)
{
    kf_run_row *row = &run->row;
    char id[37];
    KF__TRY(kf__uuid4(id));
    row->id = kf__arena_strdup(&run->tree.arena, id);
    row->pipeline = run->plan.name;
    const char *display =
        kf__get_text(kf_value_get(run->spec, "pipelineInfo"), "displayName");
    row->display_name = run->options.name ? run->options.name
                        : display         ? display
                                          : row->pipeline;
    KF__TRY(kf__run_arguments_text(run, &row->arguments));
    run->options.arguments = NULL; /* The caller's. */
    kf_buf options = KF__BUF_INIT;
    kf__run_options_write(&run->options, &options);
    row->options =
        kf__arena_strndup(&run->tree.arena, kf__buf_text(&options), options.length);
    kf_status status = options.status;
    kf__buf_finish(&options);
    KF__TRY(status);
    row->root = run->options.pipeline_root
                    ? run->options.pipeline_root
                    : format_path(run, run->store->home, "artifacts");
    row->state = KF_STATE_RUNNING;
    row->created = row->started = kf__now_ms();
    row->owner_pid = getpid();
    row->owner_start = kf__process_start_time(getpid());
    return row->id && row->options && row->root ? KF_OK : KF_ENOMEM;
}

static kf_status record_run(kf_run *run)
{
    KF__TRY(kf__db_begin(run->writer));
    kf_status status = put_document(run);
    if (status == KF_OK)
        status = kf__store_new_run(run->writer, &run->row);
    if (status == KF_OK)
        status = kf__run_put_arguments(run);
    if (status == KF_OK)
        status = kf__db_commit(run->writer);
    if (status != KF_OK)
        kf__db_rollback(run->writer);
    return status;
}

static kf_status start(kf_run *run)
{
    KF__TRY(kf__run_prepare(run));
    KF__TRY(kf__run_arguments(run, run->options.arguments, &run->arguments));
    KF__TRY(fill_row(run));
    KF__TRY(record_run(run));
    return kf__run_launch(run);
}

kf_run *kf__run_new(const kf_store *store)
{
    kf_run *run = kf__calloc(1, sizeof *run);
    if (run)
        run->store = store;
    return run;
}

kf_status kf__run_start(kf_store *store, const kf_value *spec, const kf_value *platform,
    const kf_run_options *options, kf_run **out)
{
    kf_run *run = kf__run_new(store);
    if (!run)
        return KF_ENOMEM;
    kf_status status = kf__run_options_copy(&run->tree, options, &run->options);
    if (status == KF_OK)
        status = kf_value_dup(spec, &run->spec);
    if (status == KF_OK && kf_value_length(platform))
        status = kf_value_dup(platform, &run->platform);
    if (status == KF_OK)
        status = start(run);
    if (status != KF_OK) {
        if (run->row.number)
            (void)kf__store_drop_run(run->writer, run->row.number);
        kf__run_release(run);
        return status;
    }
    *out = run;
    return KF_OK;
}

/* ---- the end of it ---- */

static void release_engine(kf_run *run)
{
    kf_engine *engine = &run->engine;
    kf__engine_end_executors(engine);
    kf__scope_free(engine->root);
    while (engine->records) {
        kf_record *next = engine->records->next;
        kf__record_free(engine->records);
        engine->records = next;
    }
    for (size_t i = 0; engine->static_keys && i < run->plan.components.count; i++)
        kf__free(engine->static_keys[i]);
    kf__free(engine->static_keys);
    kf__free(engine->failure);
    kf__free(run->store_error);
    kf__map_finish(&engine->past);
    kf__arena_finish(&engine->past_arena);
    kf__db_close(engine->reader);
    if (engine->cancel_fd >= 0)
        (void)close(engine->cancel_fd);
    if (engine->exit_cancel_fd >= 0)
        (void)close(engine->exit_cancel_fd);
    kf__cond_finish(&engine->work);
    kf__cond_finish(&engine->news);
    kf__mutex_finish(&engine->mutex);
    kf__mutex_finish(&engine->reader_mutex);
    kf__cond_finish(&run->ended);
}

void kf__run_release(kf_run *run)
{
    if (!run)
        return;
    if (run->engine_ready)
        release_engine(run);
    kf__db_close(run->writer);
    kf__bundle_free(run->outputs);
    kf__bundle_free(run->arguments);
    kf__plan_finish(&run->plan);
    kf_value_free(run->spec);
    kf_value_free(run->platform);
    kf__run_row_finish(&run->row);
    kf__tree_finish(&run->tree);
    kf__free(run);
}
