/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/registry.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/thread.h"
#include "io/db.h"
#include "io/file.h"
#include "io/json.h"
#include "io/process.h"

/* Number i brings the file from version i to i + 1. What is released is never changed,
 * only added to. */
static const char *const migrations[] = {
    "CREATE TABLE services ("
    " key TEXT PRIMARY KEY, url TEXT NOT NULL, pid INTEGER NOT NULL,"
    " pid_start INTEGER NOT NULL, updated INTEGER NOT NULL, state TEXT, status TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE requests ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, action TEXT NOT NULL,"
    " pid INTEGER NOT NULL, created INTEGER NOT NULL, code INTEGER, message TEXT);",
    NULL,
};

struct kf_registry {
    kf_mutex mutex; /* Over the database. */
    kf_db *db;
    char *home;
    char *url; /* Of the server, once it has claimed something. */
    int64_t pid;
    int64_t pid_start;
};

static kf_status open_in(kf_registry *registry, const char *home)
{
    if (home == NULL)
        home = kf__environment("KF_HOME");
    if (home == NULL || home[0] == '\0')
        home = "~/.kf";
    KF__TRY(kf__absolute_path(home, &registry->home));
    KF__TRY(kf__make_folders(registry->home));
    char *path = kf__join_path(registry->home, "services.db");
    if (path == NULL)
        return KF_ENOMEM;
    kf_status status = kf__db_open(path, migrations, &registry->db);
    kf__free(path);
    return status;
}

kf_status kf__registry_open(const char *home, kf_registry **out)
{
    kf_registry *registry = kf__calloc(1, sizeof *registry);
    if (registry == NULL)
        return KF_ENOMEM;
    registry->pid = getpid();
    registry->pid_start = kf__process_start_time(getpid());
    kf_status status = kf__mutex_init(&registry->mutex);
    if (status != KF_OK) {
        kf__free(registry);
        return status;
    }
    status = open_in(registry, home);
    if (status != KF_OK) {
        kf__registry_close(registry);
        return status;
    }
    *out = registry;
    return KF_OK;
}

void kf__registry_close(kf_registry *registry)
{
    if (registry == NULL)
        return;
    kf__db_close(registry->db);
    kf__mutex_finish(&registry->mutex);
    kf__free(registry->home);
    kf__free(registry->url);
    kf__free(registry);
}

const char *kf__registry_home(const kf_registry *registry)
{
    return registry->home;
}

static bool is_alive(int64_t pid, int64_t start)
{
    return pid != 0 && kf__process_alive((pid_t)pid, start);
}

/* ---- of a server ---- */

static kf_status read_saved(
    kf_registry *registry, const char *key, kf_tree *tree, kf_value **state)
{
    kf_stmt *stmt;
    bool row = false;
    *state = NULL;
    KF__TRY(kf__db_prepare(registry->db,
        "SELECT pid, pid_start, url, state FROM services WHERE key = ?1", &stmt));
    kf__bind_text(stmt, 1, key);
    KF__TRY(kf__db_step(stmt, &row));
    if (!row)
        return KF_OK;
    int64_t pid = kf__column_int(stmt, 0), start = kf__column_int(stmt, 1);
    kf_status status = KF_OK;
    const char *url = kf__column_text(stmt, 2), *text = kf__column_text(stmt, 3);
    bool is_own = pid == registry->pid && start == registry->pid_start;
    if (!is_own && is_alive(pid, start))
        status = kf__fail(KF_EBUSY, key,
            "the service is served by another process, %lld, at %.200s", (long long)pid,
            url);
    else if (is_own && strcmp(url, registry->url) != 0)
        status = kf__fail(KF_EBUSY, key,
            "the service is served by another server of this process, at %.200s", url);
    else if (text != NULL)
        status = kf__json_read(tree, text, strlen(text), state);
    kf__db_reset(stmt);
    return status;
}

#define RELEASE                                                                        \
    "UPDATE services SET pid = 0, pid_start = 0, updated = ?3 WHERE key = ?1 AND pid " \
    "= ?2"

/* What is claimed can be released, whatever memory there is then. */
static kf_status claim(kf_registry *registry, const char *key, const char *url,
    kf_tree *tree, kf_value **state)
{
    kf_stmt *stmt;
    KF__TRY(read_saved(registry, key, tree, state));
    KF__TRY(kf__db_prepare(registry->db, RELEASE, &stmt));
    KF__TRY(kf__db_prepare(registry->db,
        "INSERT INTO services (key, url, pid, pid_start, updated)"
        " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE"
        " SET url = ?2, pid = ?3, pid_start = ?4, updated = ?5",
        &stmt));
    kf__bind_text(stmt, 1, key);
    kf__bind_text(stmt, 2, url);
    kf__bind_int(stmt, 3, registry->pid);
    kf__bind_int(stmt, 4, registry->pid_start);
    kf__bind_int(stmt, 5, kf__now_ms());
    return kf__db_run(stmt);
}

static kf_status keep_url(kf_registry *registry, const char *url)
{
    if (registry->url != NULL && strcmp(registry->url, url) == 0)
        return KF_OK;
    kf__free(registry->url);
    registry->url = kf__strdup(url);
    return registry->url != NULL ? KF_OK : KF_ENOMEM;
}

static kf_status claim_now(kf_registry *registry, const char *key, const char *url,
    kf_tree *tree, kf_value **state)
{
    KF__TRY(keep_url(registry, url));
    KF__TRY(kf__db_begin(registry->db));
    kf_status status = claim(registry, key, url, tree, state);
    if (status == KF_OK)
        status = kf__db_commit(registry->db);
    if (status != KF_OK)
        kf__db_rollback(registry->db);
    return status;
}

kf_status kf__registry_claim(kf_registry *registry, const char *key, const char *url,
    kf_tree *tree, kf_value **state)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = claim_now(registry, key, url, tree, state);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static void bind_json(kf_stmt *stmt, int index, const kf_value *value)
{
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    kf__bind_text(stmt, index, text.status == KF_OK ? kf__buf_text(&text) : NULL);
    kf__buf_finish(&text);
}

static kf_status save_now(kf_registry *registry, const char *key, const kf_value *state,
    const kf_value *status)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(registry->db,
        "UPDATE services SET state = ?2, status = ?3, updated = ?4 WHERE key = ?1",
        &stmt));
    kf__bind_text(stmt, 1, key);
    bind_json(stmt, 2, state);
    bind_json(stmt, 3, status);
    kf__bind_int(stmt, 4, kf__now_ms());
    return kf__db_run(stmt);
}

kf_status kf__registry_save(kf_registry *registry, const char *key,
    const kf_value *state, const kf_value *status)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = save_now(registry, key, state, status);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static kf_status release_now(kf_registry *registry, const char *key)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(registry->db, RELEASE, &stmt));
    kf__bind_text(stmt, 1, key);
    kf__bind_int(stmt, 2, registry->pid);
    kf__bind_int(stmt, 3, kf__now_ms());
    return kf__db_run(stmt);
}

kf_status kf__registry_release(kf_registry *registry, const char *key)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = release_now(registry, key);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static kf_status forget_now(kf_registry *registry, const char *key)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(registry->db, "DELETE FROM services WHERE key = ?1", &stmt));
    kf__bind_text(stmt, 1, key);
    return kf__db_run(stmt);
}

kf_status kf__registry_forget(kf_registry *registry, const char *key)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = forget_now(registry, key);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static kf_status next_now(kf_registry *registry, kf_service_request *out, bool *found)
{
    kf_stmt *stmt;
    *found = false;
    if (registry->url == NULL)
        return KF_OK;
    KF__TRY(kf__db_prepare(registry->db,
        "SELECT id, key, action FROM requests WHERE pid = ?1 AND code IS NULL AND key "
        "IN"
        " (SELECT key FROM services WHERE pid = ?1 AND url = ?2) ORDER BY id LIMIT 1",
        &stmt));
    kf__bind_int(stmt, 1, registry->pid);
    kf__bind_text(stmt, 2, registry->url);
    KF__TRY(kf__db_step(stmt, found));
    if (!*found)
        return KF_OK;
    out->id = kf__column_int(stmt, 0);
    (void)snprintf(out->key, sizeof out->key, "%s", kf__column_text(stmt, 1));
    (void)snprintf(out->action, sizeof out->action, "%s", kf__column_text(stmt, 2));
    kf__db_reset(stmt);
    return KF_OK;
}

kf_status kf__registry_next(kf_registry *registry, kf_service_request *out, bool *found)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = next_now(registry, out, found);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static kf_status answer_now(
    kf_registry *registry, int64_t id, kf_status status, const char *message)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(registry->db,
        "UPDATE requests SET code = ?2, message = ?3 WHERE id = ?1", &stmt));
    kf__bind_int(stmt, 1, id);
    kf__bind_int(stmt, 2, status);
    kf__bind_text(stmt, 3, message);
    return kf__db_run(stmt);
}

kf_status kf__registry_answer(
    kf_registry *registry, int64_t id, kf_status status, const char *message)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = answer_now(registry, id, status, message);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

/* ---- of the others ---- */

static kf_status read_service(kf_stmt *stmt, kf_tree *tree, kf_value *list)
{
    kf_value *item = kf__tree_struct(tree), *status = NULL;
    const char *text = kf__column_text(stmt, 5);
    int64_t pid = kf__column_int(stmt, 2);
    kf__put_text(tree, item, "key", kf__column_text(stmt, 0));
    kf__put_text(tree, item, "url", kf__column_text(stmt, 1));
    kf__put_int(tree, item, "pid", pid);
    kf__put_bool(tree, item, "alive", is_alive(pid, kf__column_int(stmt, 3)));
    kf__put_int(tree, item, "updated", kf__column_int(stmt, 4));
    if (text != NULL)
        KF__TRY(kf__json_read(tree, text, strlen(text), &status));
    kf__put(tree, item, "status", status != NULL ? status : kf__tree_null(tree));
    kf__push(tree, list, item);
    return kf__tree_status(tree);
}

static kf_status list_now(kf_registry *registry, kf_tree *tree, kf_value **out)
{
    kf_stmt *stmt;
    kf_value *list = kf__tree_list(tree);
    KF__TRY(kf__db_prepare(registry->db,
        "SELECT key, url, pid, pid_start, updated, status FROM services ORDER BY key",
        &stmt));
    for (bool row = true; row;) {
        KF__TRY(kf__db_step(stmt, &row));
        kf_status status = row ? read_service(stmt, tree, list) : KF_OK;
        if (status != KF_OK) {
            kf__db_reset(stmt);
            return status;
        }
    }
    *out = list;
    return kf__tree_status(tree);
}

kf_status kf__registry_list(kf_registry *registry, kf_tree *tree, kf_value **out)
{
    kf__mutex_lock(&registry->mutex);
    kf_status outcome = list_now(registry, tree, out);
    kf__mutex_unlock(&registry->mutex);
    return outcome;
}

static const char *name_of(const kf_value *item)
{
    return strchr(kf__get_text(item, "key"), '/') + 1;
}

static const char *next_name(const void *state, size_t index)
{
    const kf_value *item = kf_value_at(state, index);
    return item != NULL ? name_of(item) : NULL;
}

kf_status kf__registry_find(
    kf_registry *registry, const char *name, kf_tree *tree, kf_value **out)
{
    kf_value *list, *found = NULL;
    KF__TRY(kf__registry_list(registry, tree, &list));
    for (size_t i = 0; i < kf_value_length(list); i++) {
        kf_value *item = kf__at(list, i);
        bool whole = strcmp(kf__get_text(item, "key"), name) == 0;
        if (!whole && strcmp(name_of(item), name) != 0)
            continue;
        if (found != NULL && !whole)
            return kf__fail(KF_EINVAL, NULL,
                "there are services '%.200s' and '%.200s': say which, with its "
                "namespace",
                kf__get_text(found, "key"), kf__get_text(item, "key"));
        found = item;
        if (whole)
            break;
    }
    if (found == NULL) {
        const char *nearest = kf__nearest(name, next_name, list);
        return kf__fail(KF_ENOENT, NULL, "no service '%.200s' in %.500s%s%s%s", name,
            registry->home, nearest ? "; did you mean '" : "", nearest ? nearest : "",
            nearest ? "'?" : "");
    }
    *out = found;
    return KF_OK;
}

static kf_status wait_answer(kf_registry *registry, int64_t id, int64_t timeout_ms)
{
    int64_t until = kf__now_ms() + timeout_ms;
    for (;; kf__sleep_ms(20)) {
        kf_stmt *stmt;
        bool row = false;
        KF__TRY(kf__db_prepare(registry->db,
            "SELECT code, message FROM requests WHERE id = ?1 AND code IS NOT NULL",
            &stmt));
        kf__bind_int(stmt, 1, id);
        KF__TRY(kf__db_step(stmt, &row));
        if (row) {
            kf_status status = (kf_status)kf__column_int(stmt, 0);
            if (status != KF_OK)
                status = kf__fail(status, NULL, "%s", kf__column_text(stmt, 1));
            kf__db_reset(stmt);
            return status;
        }
        if (kf__now_ms() >= until)
            return kf__fail(KF_ETIMEOUT, NULL,
                "the server of the service did not answer in %lld ms",
                (long long)timeout_ms);
    }
}

kf_status kf__registry_ask(
    kf_registry *registry, const char *key, const char *action, int64_t timeout_ms)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *item = NULL;
    kf_stmt *stmt;
    kf_status status = kf__registry_find(registry, key, &tree, &item);
    int64_t pid = status == KF_OK ? kf_value_int(kf_value_get(item, "pid")) : 0;
    if (status == KF_OK && !kf_value_bool(kf_value_get(item, "alive")))
        status = kf__fail(
            KF_ESTATE, key, "no process serves the service now: kf serve starts one");
    if (status == KF_OK)
        status = kf__db_prepare(registry->db,
            "INSERT INTO requests (key, action, pid, created) VALUES (?1, ?2, ?3, ?4)",
            &stmt);
    if (status == KF_OK) {
        kf__bind_text(stmt, 1, kf__get_text(item, "key"));
        kf__bind_text(stmt, 2, action);
        kf__bind_int(stmt, 3, pid);
        kf__bind_int(stmt, 4, kf__now_ms());
        status = kf__db_run(stmt);
    }
    kf__tree_finish(&tree);
    if (status != KF_OK)
        return status;
    return wait_answer(registry, kf__db_last_id(registry->db), timeout_ms);
}
