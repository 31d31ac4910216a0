/* SPDX-License-Identifier: Apache-2.0 */
/* What tests of the storage share: a home of their own, and no settings of the machine. */
#ifndef KF_STORAGE_TEST_H
#define KF_STORAGE_TEST_H

#include "base/mem.h"
#include "folder.h"
#include "object_store.h"
#include "serving/storage.h"

static char *fetched;

static inline void forget_settings(void)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE", "STORAGE_EMULATOR_HOST", "http_proxy",
        "https_proxy", "all_proxy", "HF_ENDPOINT", "HF_TOKEN", "STORAGE_ALLOW_PATTERNS",
        "STORAGE_IGNORE_PATTERNS", "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_OAUTH_ACCESS_TOKEN", "REQUESTS_CA_BUNDLE", "GS_HMAC_ACCESS_ID",
        "GS_HMAC_SECRET", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_int_eq(unsetenv(names[i]), 0);
}

static inline void begin_storage(void)
{
    make_test_folder();
    forget_settings();
    ck_assert_int_eq(setenv("HOME", test_folder, 1), 0);
    ck_assert_int_eq(setenv("KF_HOME", in_folder("home"), 1), 0);
}

static inline void end_storage(void)
{
    kf__free(fetched);
    remove_test_folder();
}

static inline kf_status fetch(const char *uri, const kf_storage_options *options)
{
    kf__free(fetched);
    fetched = NULL;
    return kf__storage_fetch(uri, options, &fetched);
}

#define FETCH(uri, ...) fetch((uri), &(kf_storage_options){__VA_ARGS__})

/* A path in what was fetched last. */
static inline const char *in_model(const char *name)
{
    static char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", fetched, name);
    return path;
}

static inline int count_in(const char *name)
{
    char command[700];
    int count = -1;
    (void)snprintf(command, sizeof command,
        "find '%s' -mindepth 1 -maxdepth 1 2>/dev/null | wc -l", name);
    FILE *pipe = popen(command, "r");
    ck_assert_int_eq(fscanf(pipe, "%d", &count), 1);
    (void)pclose(pipe);
    return count;
}

#endif
