/* SPDX-License-Identifier: Apache-2.0 */
#include "run/store.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/artifact.h"

kf_record *kf__record_new(void)
{
    return kf__calloc(1, sizeof(kf_record));
}

void kf__record_free(kf_record *record)
{
    if (!record)
        return;
    kf__vec_finish(&record->artifacts);
    kf__vec_finish(&record->edges);
    kf__arena_finish(&record->arena);
    kf__free(record);
}

static kf_status put_task(kf_db *db, const kf_record *record)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT INTO tasks (id, parent, kind, name, display_name, path, component, "
        "state,"
        " attempts, started, finished, inputs, outputs, error, code, cache_key,"
        " cache_parts, source)"
        " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)"
        " ON CONFLICT (id) DO UPDATE SET state = ?8, attempts = ?9, started = ?10,"
        " finished = ?11, inputs = coalesce(?12, inputs), outputs = ?13, error = ?14,"
        " code = ?15, cache_key = ?16, cache_parts = ?17, source = ?18",
        &stmt));
    kf__bind_int(stmt, 1, record->id);
    kf__bind_int(stmt, 2, record->parent);
    kf__bind_int(stmt, 3, record->kind);
    kf__bind_text(stmt, 4, record->name);
    kf__bind_text(stmt, 5, record->display_name);
    kf__bind_text(stmt, 6, record->path);
    kf__bind_text(stmt, 7, record->component);
    kf__bind_int(stmt, 8, record->state);
    kf__bind_int(stmt, 9, record->attempts);
    kf__bind_int(stmt, 10, record->started);
    kf__bind_int(stmt, 11, record->finished);
    kf__bind_text(stmt, 12, record->inputs);
    kf__bind_text(stmt, 13, record->outputs);
    kf__bind_text(stmt, 14, record->error);
    kf__bind_int(stmt, 15, record->code);
    kf__bind_text(stmt, 16, record->cache_key);
    kf__bind_text(stmt, 17, record->cache_parts);
    kf__bind_int(stmt, 18, record->source);
    return kf__db_run(stmt);
}

static kf_status put_attempt(kf_db *db, const kf_record *record)
{
    if (record->attempt == 0)
        return KF_OK;
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT OR REPLACE INTO attempts (task, attempt, state, started, finished,"
        " exit_code, log, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        &stmt));
    kf__bind_int(stmt, 1, record->id);
    kf__bind_int(stmt, 2, record->attempt);
    kf__bind_int(stmt, 3, record->attempt_state);
    kf__bind_int(stmt, 4, record->attempt_started);
    kf__bind_int(stmt, 5, record->attempt_finished);
    kf__bind_int(stmt, 6, record->exit_code);
    kf__bind_text(stmt, 7, record->log);
    kf__bind_text(stmt, 8, record->attempt_error);
    return kf__db_run(stmt);
}

static kf_status put_artifact(
    kf_db *db, const kf_record *record, const kf_artifact_record *artifact)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT OR REPLACE INTO artifacts (id, task, output, name, type, version, uri,"
        " path, digest, size, metadata, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &stmt));
    kf__bind_int(stmt, 1, artifact->id);
    kf__bind_int(stmt, 2, record->id);
    kf__bind_text(stmt, 3, artifact->output);
    kf__bind_text(stmt, 4, artifact->name);
    kf__bind_text(stmt, 5, artifact->type);
    kf__bind_text(stmt, 6, artifact->version);
    kf__bind_text(stmt, 7, artifact->uri);
    kf__bind_text(stmt, 8, artifact->path);
    kf__bind_text(stmt, 9, artifact->digest);
    if (artifact->digest)
        kf__bind_int(stmt, 10, artifact->size);
    else
        kf__bind_null(stmt, 10);
    kf__bind_text(stmt, 11, artifact->metadata);
    kf__bind_int(stmt, 12, record->finished ? record->finished : record->started);
    return kf__db_run(stmt);
}

static kf_status put_edge(
    kf_db *db, const kf_record *record, const kf_edge_record *edge)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT OR REPLACE INTO edges (task, output, name, position, artifact)"
        " VALUES (?, ?, ?, ?, ?)",
        &stmt));
    kf__bind_int(stmt, 1, record->id);
    kf__bind_int(stmt, 2, edge->output);
    kf__bind_text(stmt, 3, edge->name);
    kf__bind_int(stmt, 4, edge->position);
    kf__bind_int(stmt, 5, edge->artifact);
    return kf__db_run(stmt);
}

static kf_status put_cache(kf_db *db, const kf_record *record)
{
    kf_stmt *stmt = NULL;
    if (record->cacheable) {
        KF__TRY(kf__db_prepare(db,
            "INSERT OR REPLACE INTO cache (key, component, task, created, used)"
            " VALUES (?1, ?2, ?3, ?4, ?4)",
            &stmt));
        kf__bind_text(stmt, 1, record->cache_key);
        kf__bind_text(stmt, 2, record->component);
        kf__bind_int(stmt, 3, record->id);
        kf__bind_int(stmt, 4, record->finished);
        return kf__db_run(stmt);
    }
    if (record->source == 0)
        return KF_OK;
    KF__TRY(kf__db_prepare(
        db, "UPDATE cache SET used = ?2, hits = hits + 1 WHERE key = ?1", &stmt));
    kf__bind_text(stmt, 1, record->cache_key);
    kf__bind_int(stmt, 2, record->finished);
    return kf__db_run(stmt);
}

kf_status kf__store_put_artifacts(kf_db *db, const kf_record *record)
{
    for (size_t i = 0; i < record->artifacts.count; i++) {
        const kf_artifact_record *artifact = &record->artifacts.items[i];
        KF__TRY(put_artifact(db, record, artifact));
        if (artifact->stamp && artifact->path)
            KF__TRY(kf__artifact_remember(
                db, artifact->path, artifact->stamp, artifact->digest, artifact->size));
    }
    return KF_OK;
}

kf_status kf__store_put_record(kf_db *db, const kf_record *record)
{
    KF__TRY(put_task(db, record));
    KF__TRY(put_attempt(db, record));
    KF__TRY(kf__store_put_artifacts(db, record));
    for (size_t i = 0; i < record->edges.count; i++)
        KF__TRY(put_edge(db, record, &record->edges.items[i]));
    return put_cache(db, record);
}

kf_status kf__store_put_document(
    kf_db *db, const char *digest, const char *spec, const char *platform)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT OR IGNORE INTO documents (digest, spec, platform) VALUES (?, ?, ?)",
        &stmt));
    kf__bind_text(stmt, 1, digest);
    kf__bind_text(stmt, 2, spec);
    kf__bind_text(stmt, 3, platform);
    return kf__db_run(stmt);
}

kf_status kf__store_new_run(kf_db *db, kf_run_row *row)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "INSERT INTO runs (id, pipeline, display_name, document, arguments, options,"
        " root, state, created, started, tasks, owner_pid, owner_start, heartbeat)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &stmt));
    kf__bind_text(stmt, 1, row->id);
    kf__bind_text(stmt, 2, row->pipeline);
    kf__bind_text(stmt, 3, row->display_name);
    kf__bind_text(stmt, 4, row->document);
    kf__bind_text(stmt, 5, row->arguments);
    kf__bind_text(stmt, 6, row->options);
    kf__bind_text(stmt, 7, row->root);
    kf__bind_int(stmt, 8, row->state);
    kf__bind_int(stmt, 9, row->created);
    kf__bind_int(stmt, 10, row->started);
    kf__bind_int(stmt, 11, row->tasks);
    kf__bind_int(stmt, 12, row->owner_pid);
    kf__bind_int(stmt, 13, row->owner_start);
    kf__bind_int(stmt, 14, kf__now_ms());
    KF__TRY(kf__db_run(stmt));
    row->number = kf__db_last_id(db);
    return KF_OK;
}

kf_status kf__store_put_run(kf_db *db, const kf_run_row *row)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db,
        "UPDATE runs SET state = ?2, started = ?3, finished = ?4, outputs = ?5,"
        " error = ?6, code = ?7, tasks = ?8, owner_pid = ?9, owner_start = ?10,"
        " heartbeat = ?11, options = ?12 WHERE number = ?1",
        &stmt));
    kf__bind_int(stmt, 1, row->number);
    kf__bind_int(stmt, 2, row->state);
    kf__bind_int(stmt, 3, row->started);
    kf__bind_int(stmt, 4, row->finished);
    kf__bind_text(stmt, 5, row->outputs);
    kf__bind_text(stmt, 6, row->error);
    kf__bind_int(stmt, 7, row->code);
    kf__bind_int(stmt, 8, row->tasks);
    kf__bind_int(stmt, 9, row->owner_pid);
    kf__bind_int(stmt, 10, row->owner_start);
    kf__bind_int(stmt, 11, kf__now_ms());
    kf__bind_text(stmt, 12, row->options);
    return kf__db_run(stmt);
}

kf_status kf__store_drop_run(kf_db *db, int64_t number)
{
    kf_stmt *stmt = NULL;
    KF__TRY(kf__db_prepare(db, "DELETE FROM artifacts WHERE task = ?", &stmt));
    kf__bind_int(stmt, 1, number << KF__RUN_BITS);
    KF__TRY(kf__db_run(stmt));
    KF__TRY(kf__db_prepare(db, "DELETE FROM runs WHERE number = ?", &stmt));
    kf__bind_int(stmt, 1, number);
    return kf__db_run(stmt);
}
