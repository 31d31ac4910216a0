/* SPDX-License-Identifier: Apache-2.0 */
#include "io/db.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/map.h"
#include "base/mem.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 30000

struct kf_db {
    sqlite3 *handle;
    char *path;
    kf_map statements; /* By text, which the statement itself holds. */
};

struct kf_stmt {
    kf_db *db;
    sqlite3_stmt *handle;
    int bound; /* The first failure of a bind, or SQLITE_OK. */
};

static kf_status status_of(int result)
{
    switch (result & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return KF_OK;
    case SQLITE_NOMEM:
        return KF_ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return KF_EBUSY;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR: /* Such as a missing table: not a schema of ours. */
    case SQLITE_SCHEMA:
        return KF_EDOCUMENT;
    case SQLITE_CONSTRAINT:
        return result == SQLITE_CONSTRAINT_UNIQUE ||
                       result == SQLITE_CONSTRAINT_PRIMARYKEY
                   ? KF_EEXIST
                   : KF_EINVAL;
    case SQLITE_RANGE:
    case SQLITE_MISUSE:
    case SQLITE_TOOBIG:
        return KF_EINVAL;
    default:
        return KF_EIO;
    }
}

/* SQLite's "disk I/O error" hides what the system said, and of a folder that cannot be
 * written to the system said something else last. */
static void put_reason(kf_buf *out, const kf_db *db, int result)
{
    int kind = result & 0xFF, reason = 0;
    const char *slash = strrchr(db->path, '/');
    if (kind != SQLITE_IOERR && kind != SQLITE_CANTOPEN && kind != SQLITE_READONLY)
        return;
    if (db->handle != NULL)
        reason = sqlite3_system_errno(db->handle);
    if (slash != NULL)
        kf__buf_append(out, db->path, (size_t)(slash - db->path) + 1);
    else
        kf__buf_putc(out, '.');
    if (kind != SQLITE_IOERR && access(kf__buf_text(out), W_OK) != 0)
        reason = errno;
    else if (kind != SQLITE_IOERR && access(db->path, W_OK) != 0 && errno != ENOENT)
        reason = errno;
    kf__buf_truncate(out, 0);
    if (reason != 0)
        kf__buf_printf(out, ": %s", strerror(reason));
}

static kf_status fail(const kf_db *db, int result)
{
    kf_status code = status_of(result);
    if (code == KF_ENOMEM)
        return kf__nomem();
    if (code == KF_EBUSY)
        return kf__fail(code, NULL,
            "the database \"%s\" is held by another process for more than %d s",
            db->path, BUSY_MS / 1000);
    kf_buf reason = KF__BUF_INIT;
    put_reason(&reason, db, result);
    (void)kf__fail(code, NULL, "the database \"%s\": %s%s", db->path,
        db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result),
        kf__buf_text(&reason));
    kf__buf_finish(&reason);
    return code;
}

static kf_status check(const kf_db *db, int result)
{
    return status_of(result) == KF_OK ? KF_OK : fail(db, result);
}

/* Changing the journal mode needs the file for itself, and SQLite does not wait for
 * that when several processes open a new database at once. */
static int exec_waiting(kf_db *db, const char *sql)
{
    int64_t deadline = kf__now_ms() + BUSY_MS;
    for (;;) {
        int result = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
        if ((result & 0xFF) != SQLITE_BUSY || kf__now_ms() >= deadline)
            return result;
        kf__sleep_ms(5);
    }
}

static kf_status read_number(kf_db *db, const char *sql, int64_t *out)
{
    kf_stmt *stmt;
    bool row;
    KF__TRY(kf__db_prepare(db, sql, &stmt));
    KF__TRY(kf__db_step(stmt, &row));
    *out = row ? kf__column_int(stmt, 0) : 0;
    kf__db_reset(stmt);
    return KF_OK;
}

static kf_status read_mode(kf_db *db, bool *logs_ahead)
{
    kf_stmt *stmt;
    bool row;
    KF__TRY(kf__db_prepare(db, "PRAGMA journal_mode", &stmt));
    KF__TRY(kf__db_step(stmt, &row));
    const char *mode = row ? kf__column_text(stmt, 0) : NULL;
    *logs_ahead = mode != NULL && sqlite3_stricmp(mode, "wal") == 0;
    kf__db_reset(stmt);
    return KF_OK;
}

static kf_status configure(kf_db *db)
{
    bool logs_ahead;
    /* The file may come from anywhere: nothing in its schema is to run functions or to
     * write to it. */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    KF__TRY(check(db, sqlite3_extended_result_codes(db->handle, 1)));
    KF__TRY(check(db, sqlite3_busy_timeout(db->handle, BUSY_MS)));
    KF__TRY(check(db, exec_waiting(db, "PRAGMA journal_mode = WAL")));
    KF__TRY(read_mode(db, &logs_ahead));
    /* Some file systems cannot have the log: then only FULL keeps the database whole.
     */
    return kf__db_exec(db, logs_ahead
                               ? "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"
                               : "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
}

static kf_status check_version(const kf_db *db, int64_t version, int64_t newest)
{
    if (version > newest)
        return kf__fail(KF_EVERSION, NULL,
            "the database \"%s\" has version %lld, this libkf knows up to %lld: it was "
            "written by a newer one",
            db->path, (long long)version, (long long)newest);
    return KF_OK;
}

/* In a transaction: between two looks another process may make our tables. */
static kf_status check_owner(kf_db *db, int64_t version)
{
    int64_t tables = 0;
    if (version == 0)
        KF__TRY(read_number(db, "SELECT count(*) FROM sqlite_master", &tables));
    if (tables > 0)
        return kf__fail(KF_EDOCUMENT, NULL,
            "the database \"%s\" is that of another program", db->path);
    return KF_OK;
}

/* One step, in a transaction; another process may have done it meanwhile. */
static kf_status migrate_in(kf_db *db, const char *const *migrations, int64_t newest)
{
    int64_t version;
    char sql[64];
    KF__TRY(read_number(db, "PRAGMA user_version", &version));
    KF__TRY(check_version(db, version, newest));
    KF__TRY(check_owner(db, version));
    if (version == newest)
        return KF_OK;
    (void)snprintf(
        sql, sizeof sql, "PRAGMA user_version = %lld", (long long)version + 1);
    KF__TRY(kf__db_exec(db, migrations[version]));
    return kf__db_exec(db, sql);
}

static kf_status migrate(kf_db *db, const char *const *migrations)
{
    int64_t newest = 0;
    int64_t version;
    while (migrations[newest] != NULL)
        newest++;
    KF__TRY(read_number(db, "PRAGMA user_version", &version));
    KF__TRY(check_version(db, version, newest));
    while (version < newest) {
        KF__TRY(kf__db_begin(db));
        kf_status status = migrate_in(db, migrations, newest);
        if (status == KF_OK)
            status = kf__db_commit(db);
        if (status != KF_OK)
            kf__db_rollback(db);
        KF__TRY(status);
        KF__TRY(read_number(db, "PRAGMA user_version", &version));
    }
    return KF_OK;
}

static kf_status open_file(kf_db *db, const char *const *migrations)
{
    KF__TRY(check(db,
        sqlite3_open_v2(db->path, &db->handle,
            SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)));
    KF__TRY(configure(db));
    return migrate(db, migrations);
}

kf_status kf__db_open(const char *path, const char *const *migrations, kf_db **out)
{
    kf_db *db = kf__calloc(1, sizeof *db);
    if (db == NULL)
        return KF_ENOMEM;
    db->path = kf__strdup(path);
    kf_status status = db->path != NULL ? open_file(db, migrations) : KF_ENOMEM;
    if (status == KF_OK)
        *out = db;
    else
        kf__db_close(db);
    return status;
}

void kf__db_close(kf_db *db)
{
    if (db == NULL)
        return;
    for (size_t i = 0; i < db->statements.count; i++) {
        kf_stmt *stmt = db->statements.entries[i].value;
        (void)sqlite3_finalize(stmt->handle);
        kf__free(stmt);
    }
    kf__map_finish(&db->statements);
    (void)sqlite3_close(db->handle);
    kf__free(db->path);
    kf__free(db);
}

kf_status kf__db_exec(kf_db *db, const char *sql)
{
    return check(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static kf_status run_text(kf_db *db, const char *sql)
{
    kf_stmt *stmt;
    KF__TRY(kf__db_prepare(db, sql, &stmt));
    return kf__db_run(stmt);
}

kf_status kf__db_begin(kf_db *db)
{
    return run_text(db, "BEGIN IMMEDIATE");
}

kf_status kf__db_commit(kf_db *db)
{
    return run_text(db, "COMMIT");
}

void kf__db_rollback(kf_db *db)
{
    /* Some failures have rolled back already; then there is nothing to do and nothing
     * to report. */
    if (!sqlite3_get_autocommit(db->handle))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t kf__db_last_id(kf_db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t kf__db_changes(kf_db *db)
{
    return sqlite3_changes(db->handle);
}

static kf_status prepare_new(kf_db *db, const char *sql, kf_stmt **out)
{
    kf_stmt *stmt = kf__calloc(1, sizeof *stmt);
    if (stmt == NULL)
        return KF_ENOMEM;
    stmt->db = db;
    kf_status status = check(db, sqlite3_prepare_v3(db->handle, sql, -1,
                                     SQLITE_PREPARE_PERSISTENT, &stmt->handle, NULL));
    if (status == KF_OK)
        status = kf__map_set(&db->statements, sqlite3_sql(stmt->handle), stmt);
    if (status != KF_OK) {
        (void)sqlite3_finalize(stmt->handle);
        kf__free(stmt);
        return status;
    }
    *out = stmt;
    return KF_OK;
}

kf_status kf__db_prepare(kf_db *db, const char *sql, kf_stmt **out)
{
    kf_stmt *stmt = kf__map_get(&db->statements, sql);
    if (stmt == NULL)
        return prepare_new(db, sql, out);
    kf__db_reset(stmt);
    (void)sqlite3_clear_bindings(stmt->handle);
    *out = stmt;
    return KF_OK;
}

static void note_bind(kf_stmt *stmt, int result)
{
    if (stmt->bound == SQLITE_OK)
        stmt->bound = result;
}

void kf__bind_text(kf_stmt *stmt, int index, const char *text)
{
    note_bind(stmt, sqlite3_bind_text(stmt->handle, index, text, -1, SQLITE_TRANSIENT));
}

void kf__bind_int(kf_stmt *stmt, int index, int64_t integer)
{
    note_bind(stmt, sqlite3_bind_int64(stmt->handle, index, integer));
}

void kf__bind_double(kf_stmt *stmt, int index, double number)
{
    note_bind(stmt, sqlite3_bind_double(stmt->handle, index, number));
}

void kf__bind_null(kf_stmt *stmt, int index)
{
    note_bind(stmt, sqlite3_bind_null(stmt->handle, index));
}

kf_status kf__db_step(kf_stmt *stmt, bool *row)
{
    int result = stmt->bound;
    if (result == SQLITE_OK)
        result = sqlite3_step(stmt->handle);
    if (result == SQLITE_ROW) {
        *row = true;
        return KF_OK;
    }
    /* The message is taken first: the reset would clear it. */
    kf_status status = check(stmt->db, result);
    kf__db_reset(stmt);
    if (status == KF_OK)
        *row = false;
    return status;
}

kf_status kf__db_run(kf_stmt *stmt)
{
    bool row;
    do {
        KF__TRY(kf__db_step(stmt, &row));
    } while (row);
    return KF_OK;
}

void kf__db_reset(kf_stmt *stmt)
{
    (void)sqlite3_reset(stmt->handle);
    stmt->bound = SQLITE_OK;
}

const char *kf__column_text(kf_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt->handle, column);
}

int64_t kf__column_int(kf_stmt *stmt, int column)
{
    return sqlite3_column_int64(stmt->handle, column);
}

double kf__column_double(kf_stmt *stmt, int column)
{
    return sqlite3_column_double(stmt->handle, column);
}

bool kf__column_is_null(kf_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt->handle, column) == SQLITE_NULL;
}
