/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite behind a face of our own: prepared statements kept by text, transactions, versions. */
#ifndef KF_IO_DB_H
#define KF_IO_DB_H

#include <kf/base.h>

typedef struct kf_db kf_db;
typedef struct kf_stmt kf_stmt;

/* Open in WAL mode, make it if absent. Applies the migrations (NULL-terminated scripts; number i brings
 * the schema from user_version i to i + 1) in one transaction each. KF_EVERSION if user_version is
 * beyond them, KF_EDOCUMENT if it is no database, KF_EBUSY, KF_EIO. */
kf_status kf__db_open(const char *path, const char *const *migrations, kf_db **out);
void kf__db_close(kf_db *db);
kf_status kf__db_exec(kf_db *db, const char *sql);
kf_status kf__db_begin(kf_db *db);  /* BEGIN IMMEDIATE, waits for other writers up to 30 s: KF_EBUSY. */
kf_status kf__db_commit(kf_db *db);
void kf__db_rollback(kf_db *db);
int64_t kf__db_last_id(kf_db *db);
int64_t kf__db_changes(kf_db *db);

/* A statement, prepared once per text and reset; valid until the same text is asked for again. */
kf_status kf__db_prepare(kf_db *db, const char *sql, kf_stmt **out);
/* Bind by position from 1. Text is copied. NULL text binds NULL. A failed bind fails the next step. */
void kf__bind_text(kf_stmt *stmt, int index, const char *text);
void kf__bind_int(kf_stmt *stmt, int index, int64_t integer);
void kf__bind_double(kf_stmt *stmt, int index, double number);
void kf__bind_null(kf_stmt *stmt, int index);
/* *row: whether there is one. At the end the statement is reset. */
kf_status kf__db_step(kf_stmt *stmt, bool *row);
kf_status kf__db_run(kf_stmt *stmt); /* Step to the end, rows ignored. */
void kf__db_reset(kf_stmt *stmt);    /* When not stepped to the end. */
const char *kf__column_text(kf_stmt *stmt, int column); /* NULL for NULL; borrowed until the next step. */
int64_t kf__column_int(kf_stmt *stmt, int column);
double kf__column_double(kf_stmt *stmt, int column);
bool kf__column_is_null(kf_stmt *stmt, int column);

#endif
