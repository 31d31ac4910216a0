/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes and threads at once, and processes that are killed half way. */
#include "serving/storage.h"

#include "base/clock.h"
#include "storage_test.h"

#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { SIZE = 3 << 20 };
static char data[3][SIZE];
static char endpoint[100];
static const char *const settings[] = {endpoint, "AWS_ACCESS_KEY_ID=key",
    "AWS_SECRET_ACCESS_KEY=secret", "S3_MAX_FILE_CONCURRENCY=2", NULL};

static void set_up(void)
{
    uint32_t state = 7;
    begin_storage();
    for (size_t i = 0; i < sizeof data; i++) {
        state = state * 1664525 + 1013904223;
        data[i / SIZE][i % SIZE] = (char)(state >> 24);
    }
    serve_with(answer_store);
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", server_url(""));
}

static void store_data(void)
{
    store_bytes("m/a", data[0], SIZE);
    store_bytes("m/b", data[1], SIZE);
    store_bytes("m/sub/c", data[2], SIZE);
}

static kf_status get(void)
{
    return FETCH("s3://b/m", .env = settings);
}

static void check_same(const char *name, const char *expected)
{
    kf_buf found = KF__BUF_INIT;
    ck_ok(kf__file_read(in_model(name), SIZE, &found));
    ck_assert_uint_eq(found.length, SIZE);
    ck_assert_int_eq(memcmp(found.data, expected, SIZE), 0);
    kf__buf_finish(&found);
}

/* Every tree is what its name says, and there are so many. */
static void check_trees(int expected)
{
    int count = 0;
    DIR *folder = opendir(in_folder("home/models/trees"));
    for (const struct dirent *entry; folder && (entry = readdir(folder)) != NULL;) {
        char digest[65], path[600];
        if (*entry->d_name == '.')
            continue;
        (void)snprintf(
            path, sizeof path, "%s/%s", in_folder("home/models/trees"), entry->d_name);
        ck_ok(kf__digest_path(path, digest, NULL));
        ck_assert_str_eq(digest, entry->d_name);
        count++;
    }
    if (folder != NULL)
        (void)closedir(folder);
    ck_assert_int_eq(count, expected);
}

/* This program again, as a process of its own that does nothing else. */
__attribute__((constructor)) static void fetch_if_told(void)
{
    const char *told = getenv("KF_TEST_ENDPOINT");
    if (told == NULL)
        return;
    (void)snprintf(endpoint, sizeof endpoint, "%s", told);
    _exit(get() == KF_OK ? 0 : 1);
}

static pid_t fetch_in_child(void)
{
    pid_t child = 0;
    char *const argv[] = {(char[]){"fetch"}, NULL};
    ck_assert_int_eq(setenv("KF_TEST_ENDPOINT", endpoint, 1), 0);
    ck_assert_int_eq(
        posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ), 0);
    ck_assert_int_eq(unsetenv("KF_TEST_ENDPOINT"), 0);
    return child;
}

START_TEST(processes_at_once)
{
    enum { COUNT = 4 };
    pid_t children[COUNT];
    store_data();
    for (int i = 0; i < COUNT; i++)
        children[i] = fetch_in_child();
    for (int i = 0; i < COUNT; i++) {
        int status = -1;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(store_count(&store.gets), 3);
    check_trees(1);
}
END_TEST

static void *fetch_in_thread(void *argument)
{
    char *path = NULL;
    kf_storage_options options = {.env = settings};
    ck_ok(kf__storage_fetch("s3://b/m", &options, &path));
    return path;
}

START_TEST(threads_at_once)
{
    enum { COUNT = 4 };
    pthread_t threads[COUNT];
    store_data();
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, fetch_in_thread, NULL), 0);
    for (int i = 0; i < COUNT; i++) {
        void *path = NULL;
        ck_assert_int_eq(pthread_join(threads[i], &path), 0);
        ck_assert(kf__is_folder(path));
        kf__free(path);
    }
    ck_assert_int_eq(store_count(&store.gets), 3);
    check_trees(1);
}
END_TEST

/* A child is killed after some milliseconds, again and again, and then nobody is. */
START_TEST(killed_at_many_instants)
{
    store_data();
    for (int i = 0; i < 25; i++) {
        int status = -1;
        pid_t child = fetch_in_child();
        kf__sleep_ms(i);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        check_trees(count_in(in_folder("home/models/trees")));
    }
    ck_ok(get());
    check_same("a", data[0]);
    check_same("b", data[1]);
    check_same("sub/c", data[2]);
    check_trees(1);
    ck_assert_int_eq(count_in(in_folder("home/models/partial")), 0);
}
END_TEST

static atomic_bool stalls = true;

static bool answer_half(int fd, const char *request, int number)
{
    if (strstr(request, "prefix=") != NULL || !atomic_load(&stalls))
        return answer_store(fd, request, number);
    say(fd, "HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Length: %d\r\n\r\n",
        store.objects[0].tag, SIZE);
    say_bytes(fd, data[0], SIZE / 2);
    while (atomic_load(&stalls))
        kf__sleep_ms(5);
    return false;
}

/* The bytes of unfinished downloads. */
static long partial_bytes(void)
{
    char command[400];
    long bytes = 0;
    (void)snprintf(command, sizeof command,
        "find '%s' -name '*.part' -printf '%%s\\n' 2>/dev/null | sort -n | tail -1",
        in_folder("home/models/partial"));
    FILE *pipe = popen(command, "r");
    if (fscanf(pipe, "%ld", &bytes) != 1)
        bytes = 0;
    (void)pclose(pipe);
    return bytes;
}

START_TEST(goes_on_where_a_killed_process_stopped)
{
    int status = -1;
    store_bytes("m/a", data[0], SIZE);
    server_change(server.answer = answer_half);
    pid_t child = fetch_in_child();
    while (partial_bytes() < SIZE / 2)
        kf__sleep_ms(5);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    atomic_store(&stalls, false);
    ck_ok(get());
    check_same("a", data[0]);
    char range[40];
    (void)snprintf(range, sizeof range, "bytes=%d-", SIZE / 2);
    ck_assert_str_eq(
        request_header(request_number(requests_served() - 1), "Range"), range);
}
END_TEST

START_TEST(what_is_damaged_is_fetched_again)
{
    static const char *const damaged[] = {"", "no JSON", "[]", "{\"tree\": 1}",
        "{\"tree\": \"../../..\"}", "{\"tree\": \"00\"}"};
    char path[300];
    store_bytes("m/a", data[0], SIZE);
    ck_ok(get());
    DIR *folder = opendir(in_folder("home/models/records"));
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strstr(entry->d_name, ".json") != NULL)
            (void)snprintf(path, sizeof path, "%s/%s", in_folder("home/models/records"),
                entry->d_name);
    }
    (void)closedir(folder);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        put_file(path, damaged[i]);
        ck_ok(get());
        check_same("a", data[0]);
    }
    ck_ok(kf__remove_tree(fetched));
    ck_ok(get());
    check_same("a", data[0]);
    check_trees(1);
}
END_TEST

START_TEST(the_same_content_is_there_once)
{
    store_bytes("m/a", data[0], SIZE);
    store_bytes("n/a", data[0], SIZE);
    ck_ok(get());
    char *first = kf__strdup(fetched);
    ck_ok(FETCH("s3://b/n", .env = settings));
    ck_assert_str_eq(fetched, first);
    check_trees(1);
    kf__free(first);
}
END_TEST

START_TEST(a_lock_that_another_holds)
{
    int status = -1;
    atomic_bool cancel = true;
    store_bytes("m/a", data[0], SIZE);
    server_change(server.answer = answer_half);
    pid_t child = fetch_in_child();
    while (partial_bytes() < SIZE / 2)
        kf__sleep_ms(5);
    ck_fails(FETCH("s3://b/m", .env = settings, .cancel = &cancel), KF_ECANCELED,
        "another process");
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    atomic_store(&stalls, false);
}
END_TEST

/* The limit of a file's size stands for a full disk. */
START_TEST(a_full_disk)
{
    struct rlimit small = {.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
    store_data();
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    kf_status status = get();
    small.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_fails(status, KF_EIO, "cannot write");
    ck_ok(get());
    check_same("sub/c", data[2]);
}
END_TEST

START_TEST(places_that_cannot_be_written)
{
    store_data();
    put_file(in_folder("file"), "");
    ck_fails(
        FETCH("s3://b/m", .env = settings, .home = in_folder("file")), KF_EIO, "file");
}
END_TEST

KF_TEST_MAIN_WITH("storage_cache", set_up, end_storage, processes_at_once,
    threads_at_once, killed_at_many_instants, goes_on_where_a_killed_process_stopped,
    what_is_damaged_is_fetched_again, the_same_content_is_there_once,
    a_lock_that_another_holds, a_full_disk, places_that_cannot_be_written)
