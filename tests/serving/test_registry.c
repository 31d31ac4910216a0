/* SPDX-License-Identifier: Apache-2.0 */
#include "serving/registry.h"

#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "json_test.h"

static kf_registry *registry;
static kf_tree tree;

static void setup(void)
{
    make_test_folder();
    ck_ok(kf__registry_open(test_folder, &registry));
    tree = KF__TREE_INIT;
}

static void teardown(void)
{
    kf__tree_finish(&tree);
    kf__registry_close(registry);
    remove_test_folder();
}

static void claim(const char *key, const char *expected)
{
    kf_value *state;
    ck_ok(kf__registry_claim(registry, key, "http://127.0.0.1:8080", &tree, &state));
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, state, KF_JSON_COMPACT);
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

static void save(const char *key, const char *state, const char *status)
{
    kf_value *a = json(state), *b = json(status);
    ck_ok(kf__registry_save(registry, key, a, b));
    kf_value_free(a);
    kf_value_free(b);
}

START_TEST(state_is_kept)
{
    claim("default/iris", "null");
    save("default/iris", "{\"revision\":3}", "{\"kind\":\"InferenceService\"}");
    ck_ok(kf__registry_release(registry, "default/iris"));
    claim("default/iris", "{\"revision\":3}");
    ck_ok(kf__registry_forget(registry, "default/iris"));
    claim("default/iris", "null");
}
END_TEST

START_TEST(list_and_find)
{
    kf_value *list, *item;
    claim("team/iris", "null");
    claim("default/wine", "null");
    save("default/wine", "{}", "{\"a\":1}");
    ck_ok(kf__registry_release(registry, "team/iris"));
    ck_ok(kf__registry_list(registry, &tree, &list));
    ck_assert_uint_eq(kf_value_length(list), 2);
    const kf_value *wine = kf_value_at(list, 0), *iris = kf_value_at(list, 1);
    ck_assert_str_eq(kf__get_text(wine, "key"), "default/wine");
    ck_assert(kf_value_bool(kf_value_get(wine, "alive")));
    ck_assert_int_eq(kf_value_int(kf_value_get(wine, "pid")), getpid());
    ck_assert_int_eq(kf_value_int(kf_value_get(kf_value_get(wine, "status"), "a")), 1);
    ck_assert(!kf_value_bool(kf_value_get(iris, "alive")));
    ck_ok(kf__registry_find(registry, "iris", &tree, &item));
    ck_ok(kf__registry_find(registry, "team/iris", &tree, &item));
    ck_fails(kf__registry_find(registry, "irsi", &tree, &item), KF_ENOENT,
        "no service 'irsi'");
    ck_assert_ptr_nonnull(strstr(kf_last_error()->message, "did you mean 'iris'?"));
    claim("default/iris", "null");
    ck_fails(kf__registry_find(registry, "iris", &tree, &item), KF_EINVAL,
        "'default/iris' and 'team/iris'");
}
END_TEST

/* Another process holds it as long as it lives. */
START_TEST(one_server_for_a_service)
{
    int ready[2], go[2];
    char byte = 0;
    ck_assert_int_eq(pipe(ready) + pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        kf_registry *other = NULL;
        kf_value *state;
        bool held = kf__registry_open(test_folder, &other) == KF_OK &&
                    kf__registry_claim(
                        other, "default/iris", "http://other", &tree, &state) == KF_OK;
        (void)!write(ready[1], &held, 1);
        (void)!read(go[0], &byte, 1);
        _exit(0);
    }
    bool held = false;
    kf_value *state;
    ck_assert_int_eq((int)read(ready[0], &held, 1), 1);
    ck_assert(held);
    ck_fails(kf__registry_claim(registry, "default/iris", "http://here", &tree, &state),
        KF_EBUSY, "at http://other");
    ck_assert_int_eq((int)write(go[1], &byte, 1), 1);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    claim("default/iris", "null");
}
END_TEST

START_TEST(requests)
{
    kf_service_request request;
    bool found;
    claim("default/iris", "null");
    ck_ok(kf__registry_next(registry, &request, &found));
    ck_assert(!found);
    pid_t child = fork();
    if (child == 0) {
        kf_registry *other = NULL;
        bool refused = kf__registry_open(test_folder, &other) == KF_OK &&
                       kf__registry_ask(other, "iris", "promote", 30000) == KF_ESTATE &&
                       strcmp(kf_last_error()->message, "there is no canary") == 0;
        bool done = kf__registry_ask(other, "iris", "rollback", 30000) == KF_OK;
        _exit(refused && done ? 0 : 1);
    }
    for (int i = 0; i < 2; i++) {
        for (found = false; !found;)
            ck_ok(kf__registry_next(registry, &request, &found));
        ck_assert_str_eq(request.key, "default/iris");
        ck_assert_str_eq(request.action, i == 0 ? "promote" : "rollback");
        ck_ok(kf__registry_answer(registry, request.id, i == 0 ? KF_ESTATE : KF_OK,
            i == 0 ? "there is no canary" : NULL));
    }
    int status = 1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_ok(kf__registry_release(registry, "default/iris"));
    ck_fails(kf__registry_ask(registry, "iris", "promote", 100), KF_ESTATE,
        "no process serves");
}
END_TEST

/* Each has its own services, and is asked about them alone. */
START_TEST(two_servers_of_a_process)
{
    kf_registry *other;
    kf_value *state;
    kf_service_request request;
    bool found;
    claim("default/iris", "null");
    ck_ok(kf__registry_open(test_folder, &other));
    ck_fails(kf__registry_claim(other, "default/iris", "http://there", &tree, &state),
        KF_EBUSY, "by another server of this process, at http://127.0.0.1:8080");
    ck_ok(kf__registry_claim(other, "default/wine", "http://there", &tree, &state));
    pid_t child = fork();
    if (child == 0)
        _exit(kf__registry_ask(other, "wine", "rollback", 30000) == KF_OK ? 0 : 1);
    for (found = false; !found;) {
        ck_ok(kf__registry_next(registry, &request, &found));
        ck_assert(!found);
        ck_ok(kf__registry_next(other, &request, &found));
    }
    ck_assert_str_eq(request.key, "default/wine");
    ck_ok(kf__registry_answer(other, request.id, KF_OK, NULL));
    int status = 1;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    kf__registry_close(other);
}
END_TEST

START_TEST(nobody_answers)
{
    claim("default/iris", "null");
    ck_fails(kf__registry_ask(registry, "iris", "promote", 50), KF_ETIMEOUT,
        "did not answer in 50 ms");
}
END_TEST

KF_TEST_MAIN_WITH("serving/registry", setup, teardown, state_is_kept, list_and_find,
    one_server_for_a_service, requests, two_servers_of_a_process, nobody_answers)
