/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite behind a face of our own: prepared statements kept by text, transactions,
 * versions. A database is used by one thread at a time; several may have the same file
 * open, also of other processes.
 *
 * Statuses of all functions: KF_EBUSY (another process writes for more than 30 s),
 * KF_EEXIST (a unique key is taken), KF_EIO (disk full, permissions), KF_EDOCUMENT (the
 * file is damaged or not ours), KF_EINVAL (another constraint of the schema),
 * KF_ENOMEM. */
#ifndef KF_IO_DB_H
#define KF_IO_DB_H

#include <kf/base.h>

typedef struct kf_db kf_db;
typedef struct kf_stmt kf_stmt;

/* Open, make it if absent. Applies the migrations (NULL-terminated scripts; number i
 * brings the schema from user_version i to i + 1) in one transaction each. KF_EVERSION
 * if user_version is beyond them, KF_EDOCUMENT if the file is no database or one of
 * another program.
 *
 * The journal is a write-ahead log, so that who reads never waits for who writes, and
 * is not synchronised at each commit: what was committed survives the end of the
 * process at any instant; the last transactions before a power cut may be missing, and
 * the database is whole. Foreign keys are checked. */
kf_status kf__db_open(const char *path, const char *const *migrations, kf_db **out);
void kf__db_close(kf_db *db); /* NULL is fine. Ends its statements too. */
kf_status kf__db_exec(kf_db *db, const char *sql); /* One or more statements. */
kf_status kf__db_begin(
    kf_db *db); /* BEGIN IMMEDIATE, waits for other writers up to 30 s: KF_EBUSY. */
kf_status kf__db_commit(kf_db *db); /* When it fails, roll back. */
void kf__db_rollback(kf_db *db);    /* Nothing without a transaction. */
int64_t kf__db_last_id(kf_db *db);
int64_t kf__db_changes(kf_db *db);

/* A statement, prepared once per text, reset and without bindings; valid until the same
 * text is asked for again. Texts are literals: each one is kept until the database is
 * closed. */
kf_status kf__db_prepare(kf_db *db, const char *sql, kf_stmt **out);
/* Bind by position from 1. Text is copied. NULL text binds NULL. A failed bind fails
 * the next step. */
void kf__bind_text(kf_stmt *stmt, int index, const char *text);
void kf__bind_int(kf_stmt *stmt, int index, int64_t integer);
void kf__bind_double(kf_stmt *stmt, int index, double number);
void kf__bind_null(kf_stmt *stmt, int index);
/* *row: whether there is one. At the end and after a failure the statement is reset. */
kf_status kf__db_step(kf_stmt *stmt, bool *row);
kf_status kf__db_run(kf_stmt *stmt); /* Step to the end, rows ignored. */
void kf__db_reset(kf_stmt *stmt);    /* When not stepped to the end. */
/* NULL for NULL; borrowed until the next step. */
const char *kf__column_text(kf_stmt *stmt, int column);
int64_t kf__column_int(kf_stmt *stmt, int column);
double kf__column_double(kf_stmt *stmt, int column);
bool kf__column_is_null(kf_stmt *stmt, int column);

#endif
