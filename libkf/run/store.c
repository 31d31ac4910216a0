/* SPDX-License-Identifier: Apache-2.0 */
#include "run/store.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "io/file.h"

/* Number i brings a store from version i to i + 1. What is released is never changed,
 * only added to. */
const char *const kf__store_migrations[] = {
    "CREATE TABLE documents ("
    " digest TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, platform TEXT NOT NULL);"
    "CREATE TABLE runs ("
    " number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL,"
    " display_name TEXT NOT NULL, document TEXT NOT NULL, arguments TEXT NOT NULL,"
    " options TEXT NOT NULL, root TEXT NOT NULL, state INTEGER NOT NULL,"
    " created INTEGER NOT NULL, started INTEGER NOT NULL DEFAULT 0,"
    " finished INTEGER NOT NULL DEFAULT 0, outputs TEXT, error TEXT,"
    " code INTEGER NOT NULL DEFAULT 0, tasks INTEGER NOT NULL DEFAULT 0,"
    " owner_pid INTEGER NOT NULL DEFAULT 0, owner_start INTEGER NOT NULL DEFAULT 0,"
    " heartbeat INTEGER NOT NULL DEFAULT 0, cancel INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX runs_pipeline ON runs (pipeline);"
    "CREATE TABLE tasks ("
    " id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " name TEXT NOT NULL, display_name TEXT NOT NULL, path TEXT NOT NULL,"
    " component TEXT NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL,"
    " started INTEGER NOT NULL, finished INTEGER NOT NULL, inputs TEXT, outputs TEXT,"
    " error TEXT, code INTEGER NOT NULL, cache_key TEXT, cache_parts TEXT,"
    " source INTEGER NOT NULL);"
    "CREATE TABLE attempts ("
    " task INTEGER NOT NULL, attempt INTEGER NOT NULL, state INTEGER NOT NULL,"
    " started INTEGER NOT NULL, finished INTEGER NOT NULL, exit_code INTEGER NOT NULL,"
    " log TEXT, error TEXT, PRIMARY KEY (task, attempt)) WITHOUT ROWID;"
    "CREATE TABLE artifacts ("
    " id INTEGER PRIMARY KEY, task INTEGER NOT NULL, output TEXT NOT NULL,"
    " name TEXT NOT NULL, type TEXT NOT NULL, version TEXT NOT NULL, uri TEXT NOT NULL,"
    " path TEXT, digest TEXT, size INTEGER, metadata TEXT NOT NULL,"
    " created INTEGER NOT NULL);"
    "CREATE INDEX artifacts_uri ON artifacts (uri);"
    "CREATE TABLE edges ("
    " task INTEGER NOT NULL, output INTEGER NOT NULL, name TEXT NOT NULL,"
    " position INTEGER NOT NULL, artifact INTEGER NOT NULL,"
    " PRIMARY KEY (task, output, name, position)) WITHOUT ROWID;"
    "CREATE INDEX edges_artifact ON edges (artifact, output);"
    "CREATE TABLE cache ("
    " key TEXT PRIMARY KEY, component TEXT NOT NULL, task INTEGER NOT NULL,"
    " created INTEGER NOT NULL, used INTEGER NOT NULL,"
    " hits INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE TABLE digests ("
    " path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL,"
    " size INTEGER NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE experiments ("
    " number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " kind INTEGER NOT NULL, document TEXT NOT NULL, options TEXT, state INTEGER NOT "
    "NULL,"
    " status TEXT, created INTEGER NOT NULL, started INTEGER NOT NULL DEFAULT 0,"
    " finished INTEGER NOT NULL DEFAULT 0, error TEXT,"
    " owner_pid INTEGER NOT NULL DEFAULT 0, owner_start INTEGER NOT NULL DEFAULT 0,"
    " cancel INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX experiments_name ON experiments (name);"
    "CREATE TABLE trials ("
    " experiment INTEGER NOT NULL, number INTEGER NOT NULL, name TEXT,"
    " state INTEGER NOT NULL, point TEXT NOT NULL, params TEXT NOT NULL,"
    " attributes TEXT NOT NULL, \"values\" TEXT, message TEXT, ended INTEGER NOT NULL,"
    " foreign_point INTEGER NOT NULL, started INTEGER NOT NULL,"
    " finished INTEGER NOT NULL, folder TEXT, run TEXT,"
    " PRIMARY KEY (experiment, number)) WITHOUT ROWID;"
    "CREATE TABLE observations ("
    " experiment INTEGER NOT NULL, trial INTEGER NOT NULL, metric TEXT NOT NULL,"
    " position INTEGER NOT NULL, step INTEGER NOT NULL, value REAL NOT NULL,"
    " time INTEGER NOT NULL,"
    " PRIMARY KEY (experiment, trial, metric, position)) WITHOUT ROWID;"
    "CREATE TABLE trial_queue ("
    " experiment INTEGER NOT NULL, position INTEGER NOT NULL, params TEXT NOT NULL,"
    " PRIMARY KEY (experiment, position)) WITHOUT ROWID;",
    "ALTER TABLE trials ADD COLUMN metrics TEXT;",
    /* What lists of experiments show, without a look at every trial. */
    "ALTER TABLE experiments ADD COLUMN head TEXT;"
    "ALTER TABLE experiments ADD COLUMN reason TEXT;"
    "ALTER TABLE experiments ADD COLUMN best REAL;",
    NULL,
};

static kf_status choose_home(const char *home, char **out)
{
    if (!home || !*home)
        home = kf__environment("KF_HOME");
    return kf__absolute_path(home && *home ? home : "~/.kf", out);
}

static kf_status open_in(kf_store *store, const char *home)
{
    KF__TRY(choose_home(home, &store->home));
    KF__TRY(kf__make_folders(store->home));
    store->path = kf__join_path(store->home, "kf.db");
    if (!store->path)
        return KF_ENOMEM;
    return kf__db_open(store->path, kf__store_migrations, &store->db);
}

kf_status kf_store_open(const char *home, kf_store **out)
{
    KF__REQUIRE(out != NULL);
    kf_store *store = kf__calloc(1, sizeof *store);
    if (!store)
        return KF_ENOMEM;
    kf_status status = open_in(store, home);
    if (status != KF_OK) {
        kf_store_free(store);
        return status;
    }
    *out = store;
    return KF_OK;
}

void kf_store_free(kf_store *store)
{
    if (!store)
        return;
    kf__db_close(store->db);
    kf__free(store->path);
    kf__free(store->home);
    kf__free(store);
}

const char *kf_store_home(const kf_store *store)
{
    return store->home;
}

static const char *const state_names[] = {"PENDING", "RUNNING", "SUCCEEDED", "SKIPPED",
    "FAILED", "CANCELING", "CANCELED", "CACHED"};

const char *kf_state_name(kf_state state)
{
    size_t index = (size_t)state;
    return index < sizeof state_names / sizeof *state_names ? state_names[index]
                                                            : "UNKNOWN";
}

bool kf_state_is_final(kf_state state)
{
    return state == KF_STATE_SUCCEEDED || state == KF_STATE_SKIPPED ||
           state == KF_STATE_FAILED || state == KF_STATE_CANCELED ||
           state == KF_STATE_CACHED;
}

const char *kf__task_kind_name(int64_t kind)
{
    static const char *const names[] = {
        "task", "group", "loop", "iteration", "importer"};
    return kind >= 0 && kind < 5 ? names[kind] : "task";
}
