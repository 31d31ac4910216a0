/* SPDX-License-Identifier: Apache-2.0 */
/* A fresh folder for a test, removed with all in it at its end. */
#ifndef KF_FOLDER_H
#define KF_FOLDER_H

#include "base/buf.h"
#include "io/file.h"
#include "kf_test.h"

#include <unistd.h>

static char test_folder[64];

static inline void make_test_folder(void)
{
    (void)snprintf(test_folder, sizeof test_folder, "/tmp/kf-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(test_folder));
}

static inline void remove_test_folder(void)
{
    ck_ok(kf__remove_tree(test_folder));
}

/* A path in the folder; a few can be in use at once. */
static inline const char *in_folder(const char *name)
{
    static char paths[8][256];
    static size_t next;
    char *path = paths[next++ % 8];
    ck_assert_msg(
        *test_folder != '\0', "%s is asked for before there is a folder", name);
    (void)snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

static inline void put_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static inline void check_file(const char *path, const char *text)
{
    char found[4096];
    FILE *file = fopen(path, "re");
    ck_assert_msg(file != NULL, "there is no %s", path);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    (void)fclose(file);
    ck_assert_str_eq(found, text);
}

#endif
