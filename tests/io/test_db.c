/* SPDX-License-Identifier: Apache-2.0 */
#include "io/db.h"

#include "base/mem.h"
#include "folder.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *const first[] = {
    "CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, score REAL);"
    "CREATE TABLE task (run INTEGER REFERENCES run(id))",
    NULL,
};
static const char *const second[] = {
    "CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, score REAL);"
    "CREATE TABLE task (run INTEGER REFERENCES run(id))",
    "ALTER TABLE run ADD COLUMN state TEXT DEFAULT 'new'",
    NULL,
};

static kf_db *open_db(const char *const *migrations)
{
    kf_db *db;
    ck_ok(kf__db_open(in_folder("db"), migrations, &db));
    return db;
}

static kf_status add_run(kf_db *db, const char *name)
{
    kf_stmt *stmt;
    ck_ok(kf__db_prepare(db, "INSERT INTO run (name) VALUES (?)", &stmt));
    kf__bind_text(stmt, 1, name);
    return kf__db_run(stmt);
}

static int64_t number(kf_db *db, const char *sql)
{
    kf_stmt *stmt;
    bool row;
    ck_ok(kf__db_prepare(db, sql, &stmt));
    ck_ok(kf__db_step(stmt, &row));
    ck_assert(row);
    int64_t found = kf__column_int(stmt, 0);
    kf__db_reset(stmt);
    return found;
}

static int64_t count_runs(kf_db *db)
{
    return number(db, "SELECT count(*) FROM run");
}

START_TEST(values_of_all_kinds)
{
    kf_db *db = open_db(first);
    kf_stmt *stmt;
    bool row;
    ck_ok(kf__db_prepare(db, "INSERT INTO run VALUES (?, ?, ?)", &stmt));
    kf__bind_int(stmt, 1, INT64_MAX);
    kf__bind_text(stmt, 2, "na\xC3\xAFve");
    kf__bind_double(stmt, 3, 0.5);
    ck_ok(kf__db_run(stmt));
    ck_assert_int_eq(kf__db_last_id(db), INT64_MAX);
    ck_assert_int_eq(kf__db_changes(db), 1);
    ck_ok(kf__db_prepare(db, "SELECT id, name, score, NULL, ? FROM run", &stmt));
    kf__bind_text(stmt, 1, NULL);
    ck_ok(kf__db_step(stmt, &row));
    ck_assert(row);
    ck_assert_int_eq(kf__column_int(stmt, 0), INT64_MAX);
    ck_assert_str_eq(kf__column_text(stmt, 1), "na\xC3\xAFve");
    ck_assert_double_eq(kf__column_double(stmt, 2), 0.5);
    ck_assert(kf__column_is_null(stmt, 3) && kf__column_is_null(stmt, 4));
    ck_assert_ptr_null(kf__column_text(stmt, 3));
    ck_assert(!kf__column_is_null(stmt, 0));
    ck_ok(kf__db_step(stmt, &row));
    ck_assert(!row);
    kf__db_close(db);
}
END_TEST

START_TEST(statements_are_kept)
{
    kf_db *db = open_db(first);
    kf_stmt *stmt;
    kf_stmt *again;
    bool row;
    char same[] = "SELECT id, ? FROM run";
    ck_ok(add_run(db, "a"));
    ck_ok(kf__db_prepare(db, "SELECT id, ? FROM run", &stmt));
    kf__bind_int(stmt, 1, 7);
    ck_ok(kf__db_step(stmt, &row));
    ck_assert_int_eq(kf__column_int(stmt, 1), 7);
    ck_ok(kf__db_prepare(db, same, &again));
    ck_assert_ptr_eq(stmt, again);
    ck_ok(kf__db_step(again, &row));
    ck_assert(row && kf__column_is_null(again, 1));
    kf__db_close(db);
    kf__db_close(NULL);
}
END_TEST

START_TEST(many_statements)
{
    kf_db *db = open_db(first);
    char sql[64];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++) {
            (void)snprintf(sql, sizeof sql, "SELECT %d", i);
            ck_assert_int_eq(number(db, sql), i);
        }
    }
    kf__db_close(db);
}
END_TEST

START_TEST(failures_of_statements)
{
    kf_db *db = open_db(first);
    kf_stmt *stmt;
    ck_ok(add_run(db, "a"));
    ck_fails(add_run(db, "a"), KF_EEXIST, "UNIQUE");
    ck_fails(add_run(db, NULL), KF_EINVAL, "NOT NULL");
    ck_fails(kf__db_exec(db, "INSERT INTO task VALUES (99)"), KF_EINVAL, "FOREIGN KEY");
    ck_fails(
        kf__db_prepare(db, "SELECT x FROM nothing", &stmt), KF_EDOCUMENT, "nothing");
    ck_fails(kf__db_exec(db, "SELEC"), KF_EDOCUMENT, in_folder("db"));
    ck_ok(kf__db_prepare(db, "SELECT 1", &stmt));
    kf__bind_int(stmt, 2, 1);
    ck_fails(kf__db_run(stmt), KF_EINVAL, "out of range");
    ck_ok(kf__db_run(stmt));
    ck_assert_int_eq(count_runs(db), 1);
    kf__db_close(db);
}
END_TEST

START_TEST(transactions)
{
    kf_db *db = open_db(first);
    kf__db_rollback(db);
    ck_ok(kf__db_begin(db));
    ck_ok(add_run(db, "a"));
    kf__db_rollback(db);
    ck_assert_int_eq(count_runs(db), 0);
    ck_ok(kf__db_begin(db));
    ck_ok(add_run(db, "b"));
    ck_ok(kf__db_commit(db));
    kf__db_close(db);
    db = open_db(first);
    ck_assert_int_eq(count_runs(db), 1);
    kf__db_close(db);
}
END_TEST

START_TEST(who_reads_does_not_wait_for_who_writes)
{
    kf_db *writer = open_db(first);
    kf_db *reader = open_db(first);
    ck_ok(kf__db_begin(writer));
    ck_ok(add_run(writer, "a"));
    ck_assert_int_eq(count_runs(reader), 0);
    ck_ok(kf__db_commit(writer));
    ck_assert_int_eq(count_runs(reader), 1);
    kf__db_close(writer);
    kf__db_close(reader);
}
END_TEST

START_TEST(who_writes_waits_for_who_writes)
{
    kf_db *db = open_db(first);
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    pid_t other = fork();
    if (other == 0) {
        kf_db *mine = open_db(first);
        ck_ok(kf__db_begin(mine));
        (void)write(ready[1], "x", 1);
        (void)usleep(200000);
        ck_ok(add_run(mine, "a"));
        ck_ok(kf__db_commit(mine));
        kf__db_close(mine);
        _exit(0);
    }
    char byte;
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_ok(kf__db_begin(db));
    ck_assert_int_eq(count_runs(db), 1);
    ck_ok(kf__db_commit(db));
    kf__db_close(db);
    ck_assert_int_eq(waitpid(other, NULL, 0), other);
}
END_TEST

/* Killed in the middle of a transaction after one that was committed. */
START_TEST(what_was_committed_survives_a_kill)
{
    pid_t writer = fork();
    if (writer == 0) {
        kf_db *db = open_db(first);
        ck_ok(add_run(db, "kept"));
        ck_ok(kf__db_begin(db));
        ck_ok(add_run(db, "lost"));
        (void)raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
    kf_db *db = open_db(first);
    ck_assert_int_eq(count_runs(db), 1);
    kf__db_close(db);
}
END_TEST

START_TEST(migrations)
{
    kf_db *db = open_db(first);
    ck_ok(add_run(db, "a"));
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 1);
    kf__db_close(db);
    db = open_db(second);
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 2);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM run WHERE state = 'new'"), 1);
    kf__db_close(db);
    ck_fails(kf__db_open(in_folder("db"), first, &db), KF_EVERSION, "version 2");
}
END_TEST

START_TEST(a_failed_migration_changes_nothing)
{
    const char *const broken[] = {
        first[0], "CREATE TABLE other (x); INSERT INTO no_such_table VALUES (1)", NULL};
    kf_db *db;
    ck_fails(kf__db_open(in_folder("db"), broken, &db), KF_EDOCUMENT, "no_such_table");
    db = open_db(first);
    ck_assert_int_eq(
        number(db, "SELECT count(*) FROM sqlite_master WHERE name = 'other'"), 0);
    kf__db_close(db);
}
END_TEST

static void open_and_add(const char *path, int number)
{
    char name[16];
    kf_db *db;
    (void)snprintf(name, sizeof name, "run-%d", number);
    if (kf__db_open(path, second, &db) != KF_OK || add_run(db, name) != KF_OK)
        _exit(1);
    kf__db_close(db);
    _exit(0);
}

START_TEST(several_processes_open_a_new_database)
{
    enum { COUNT = 6, ROUNDS = 20 };
    pid_t children[COUNT];
    for (int round = 0; round < ROUNDS; round++) {
        char name[16];
        (void)snprintf(name, sizeof name, "db-%d", round);
        for (int i = 0; i < COUNT; i++) {
            children[i] = fork();
            if (children[i] == 0)
                open_and_add(in_folder(name), i);
        }
        for (int i = 0; i < COUNT; i++) {
            int state;
            ck_assert_int_eq(waitpid(children[i], &state, 0), children[i]);
            ck_assert_int_eq(state, 0);
        }
        kf_db *db;
        ck_ok(kf__db_open(in_folder(name), second, &db));
        ck_assert_int_eq(count_runs(db), COUNT);
        kf__db_close(db);
    }
}
END_TEST

START_TEST(files_that_are_not_ours)
{
    kf_db *db;
    const char *const other[] = {
        "CREATE TABLE other (x); PRAGMA user_version = 0", NULL};
    put_file(in_folder("db"),
        "This is text, long enough to be taken for a header, which "
        "is of one hundred bytes in a database of SQLite.\n");
    ck_fails(kf__db_open(in_folder("db"), first, &db), KF_EDOCUMENT, "not a database");
    ck_fails(kf__db_open(test_folder, first, &db), KF_EIO, test_folder);
    ck_fails(kf__db_open(test_folder, first, &db), KF_EIO, "Is a directory");
    ck_fails(kf__db_open(in_folder("no/db"), first, &db), KF_EIO, in_folder("no/db"));
    ck_ok(kf__db_open(in_folder("other"), other, &db));
    ck_ok(kf__db_exec(db, "PRAGMA user_version = 0"));
    kf__db_close(db);
    ck_fails(
        kf__db_open(in_folder("other"), first, &db), KF_EDOCUMENT, "another program");
    put_file(in_folder("empty"), "");
    ck_ok(kf__db_open(in_folder("empty"), first, &db));
    kf__db_close(db);
}
END_TEST

/* The limit of a file's size stands for a full disk. */
START_TEST(a_full_disk)
{
    struct rlimit small = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
    kf_db *db = open_db(first);
    kf_status status = KF_OK;
    char name[5000];
    int added = 0;
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    memset(name, 'x', sizeof name - 1);
    for (; status == KF_OK && added < 100; added++) {
        (void)snprintf(name + sizeof name - 5, 5, "%04d", added);
        status = add_run(db, name);
    }
    small.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_fails(status, KF_EIO, in_folder("db"));
    ck_assert_int_eq(count_runs(db), added - 1);
    ck_ok(add_run(db, "one more"));
    kf__db_close(db);
}
END_TEST

static kf_status use_all(void)
{
    kf_db *db;
    kf_status status = kf__db_open(in_folder("db"), second, &db);
    if (status != KF_OK)
        return status;
    status = kf__db_begin(db);
    if (status == KF_OK)
        status = kf__db_commit(db);
    kf__db_close(db);
    return status;
}

START_TEST(no_memory)
{
    ck_survives_nomem(use_all());
}
END_TEST

KF_TEST_MAIN_WITH("io/db", make_test_folder, remove_test_folder, values_of_all_kinds,
    statements_are_kept, many_statements, failures_of_statements, transactions,
    who_reads_does_not_wait_for_who_writes, who_writes_waits_for_who_writes,
    what_was_committed_survives_a_kill, migrations, a_failed_migration_changes_nothing,
    several_processes_open_a_new_database, files_that_are_not_ours, a_full_disk,
    no_memory)
