/* SPDX-License-Identifier: Apache-2.0 */
#include "kf_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "io/file.h"
#include "io/process.h"
#include "pipeline/component.h"
#include "pipeline/runtime.h"
#include "python_commands.h"

static kf_value *parse(const char *json)
{
    kf_value *value = NULL;
    ck_ok(kf_value_parse(json, strlen(json), &value));
    return value;
}

static kf_component *component(void)
{
    kf_component *made = NULL;
    ck_ok(kf_component_new("f", &made));
    return made;
}

static void check_equal(const kf_value *value, const char *json, size_t index)
{
    kf_value *expected = parse(json);
    if (!kf_value_equal(value, expected)) {
        char *text = NULL;
        ck_ok(kf_value_write(value, KF_JSON_SPACED, &text));
        ck_abort_msg("golden %zu:\n%s\ninstead of\n%s", index, text, json);
    }
    kf_value_free(expected);
}

static kf_python_options options_of(const kf_value *golden)
{
    return (kf_python_options){
        .size = sizeof(kf_python_options),
        .function = "f",
        .source = golden_source,
        .runtime = KF_RUNTIME_KFP,
        .kfp_package_path = kf__get_text(golden, "kfp_package_path"),
        .skip_kfp_install = !kf_value_bool(kf_value_get(golden, "install_kfp_package")),
        .packages_to_install = kf_value_get(golden, "packages_to_install"),
        .pip_index_urls = kf_value_get(golden, "pip_index_urls"),
        .pip_trusted_hosts = kf_value_get(golden, "pip_trusted_hosts"),
        .use_venv = kf_value_bool(kf_value_get(golden, "use_venv")),
        .target_image = kf__get_text(golden, "target_image"),
    };
}

START_TEST(commands_are_kfps_byte_for_byte)
{
    for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
        kf_value *golden = parse(goldens[i].options);
        kf_component *c = component();
        kf_python_options options = options_of(golden);
        ck_ok(kf_component_set_python(c, &options));
        check_equal(c->body->command, goldens[i].command, i);
        check_equal(c->body->args, goldens[i].args, i);
        ck_assert_str_eq(c->body->image,
            options.target_image != NULL ? options.target_image : "python:3.11");
        kf_component_free(c);
        kf_value_free(golden);
    }
}
END_TEST

static const char *word(const kf_component *c, size_t index)
{
    return kf_value_string(kf_value_at(c->body->command, index));
}

START_TEST(another_version_of_kfp_can_be_written)
{
    kf_component *c = component();
    ck_assert_str_eq(kf_kfp_version(), "2.17.0");
    ck_ok(kf_component_set_python(
        c, KF_OPTIONS(kf_python_options, .function = "f", .source = "def f(): pass",
               .image = "python:3.9", .runtime = KF_RUNTIME_KFP,
               .kfp_version = "2.14.6")));
    ck_assert_ptr_nonnull(strstr(word(c, 2), "'kfp==2.14.6' '--no-deps'"));
    ck_assert_str_eq(c->body->image, "python:3.9");
    kf_component_free(c);
}
END_TEST

/* The packages of create_notebook_component_from_func of
 * kfp/dsl/component_factory.py 2.17.0. */
START_TEST(notebooks_install_what_runs_them)
{
    kf_component *c = component();
    kf_value *none = parse("[]");
    kf_python_options options = {.size = sizeof options,
        .function = "f",
        .source = "def f(): pass",
        .runtime = KF_RUNTIME_KFP,
        .notebook = true};
    ck_ok(kf_component_set_python(c, &options));
    ck_assert_ptr_nonnull(
        strstr(word(c, 2), " 'nbclient>=0.10,<1' 'ipykernel>=6,<7' "
                           "'jupyter_client>=7,<9'  &&  python3 -m pip"));
    options.packages_to_install = none;
    ck_ok(kf_component_set_python(c, &options));
    ck_assert_ptr_null(strstr(word(c, 2), "nbclient"));
    kf_value_free(none);
    kf_component_free(c);
}
END_TEST

/* The embedded runtime installs only what the user asks for, and nothing otherwise. */
START_TEST(the_embedded_runtime_travels_in_the_command)
{
    kf_component *c = component();
    kf_value *packages = parse("[\"a==1\"]");
    kf_python_options options = {
        .size = sizeof options, .function = "f", .source = "S"};
    ck_ok(kf_component_set_python(c, &options));
    ck_assert_uint_eq(kf_value_length(c->body->command), 4);
    ck_assert_str_eq(word(c, 0), "sh");
    ck_assert_str_eq(word(c, 1), "-ec");
    ck_assert_str_eq(word(c, 2), kf__runtime_program);
    ck_assert_str_eq(word(c, 3), "S");
    check_equal(c->body->args,
        "[\"--executor_input\", \"{{$}}\", \"--function_to_execute\", \"f\"]", 0);
    options.packages_to_install = packages;
    options.runtime = KF_RUNTIME_EMBEDDED;
    ck_ok(kf_component_set_python(c, &options));
    ck_assert_uint_eq(kf_value_length(c->body->command), 7);
    ck_assert_str_eq(word(c, 1), "-c");
    ck_assert_ptr_nonnull(
        strstr(word(c, 2), "--no-warn-script-location 'a==1' && \"$0\""));
    ck_assert_ptr_null(strstr(word(c, 2), "kfp"));
    ck_assert_str_eq(word(c, 5), kf__runtime_program);
    kf_value_free(packages);
    kf_component_free(c);
}
END_TEST

static void write_file(
    const char *folder, const char *name, const char *text, mode_t mode)
{
    char path[256];
    ck_assert_int_lt(
        snprintf(path, sizeof path, "%s/%s", folder, name), (int)sizeof path);
    ck_ok(kf__file_write(path, text, strlen(text)));
    ck_assert_int_eq(chmod(path, mode), 0);
}

/* The shell runs the command with a python3 that tells the words it was given. */
START_TEST(the_shell_hands_requirements_to_pip_as_they_are)
{
    static const char python[] = "#!/bin/sh\nprintf '<%s>' \"$@\"\n";
    char folder[] = "/tmp/kf-test-XXXXXX", path[256];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    write_file(folder, "python3", python, 0755);
    write_file(folder, "pip", python, 0755);
    ck_assert_int_lt(snprintf(path, sizeof path, "PATH=%s:/usr/bin:/bin", folder), 256);
    kf_component *c = component();
    kf_value *packages = parse("[\"it's; $HOME `x` \\\"y\\\" \\\\ *\", \"b\"]");
    kf_value *urls = parse("[\"https://h/s?a=1&b=2\"]");
    ck_ok(kf_component_set_python(
        c, KF_OPTIONS(kf_python_options, .function = "f", .source = "S",
               .packages_to_install = packages, .pip_index_urls = urls)));
    const char *const argv[] = {"sh", "-c", word(c, 2), "printf", "(%s)", "a b", NULL};
    kf_process_options process = {.argv = argv,
        .env = (const char *const[]){path, NULL},
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = -1,
        .keep_fd = -1};
    kf_buf out = KF__BUF_INIT;
    int code = -1;
    ck_ok(kf__process_run(&process, 10000, &out, &code));
    ck_assert_int_eq(code, 0);
    ck_assert_str_eq(kf__buf_text(&out),
        "<-m><pip><install><--quiet><--no-warn-script-location>"
        "<--index-url><https://h/s?a=1&b=2><--trusted-host><https://h/s?a=1&b=2>"
        "<it's; $HOME `x` \"y\" \\ *><b>(a b)");
    kf__buf_finish(&out);
    ck_ok(kf__remove_tree(folder));
    kf_value_free(urls);
    kf_value_free(packages);
    kf_component_free(c);
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    kf_component *c = component();
    kf_value *text = parse("\"a\""), *numbers = parse("[1]");
    kf_python_options options = {.size = sizeof options, .runtime = KF_RUNTIME_KFP};
    ck_fails(kf_component_set_python(c, &options), KF_EMISSING, "function");
    options.function = "f";
    ck_fails(kf_component_set_python(c, &options), KF_EMISSING, "source");
    options.source = "def f(): pass";
    options.packages_to_install = text;
    ck_fails(kf_component_set_python(c, &options), KF_ETYPE, "packages_to_install");
    options.packages_to_install = NULL;
    options.pip_index_urls = numbers;
    ck_fails(kf_component_set_python(c, &options), KF_ETYPE, "pip_index_urls");
    options.pip_index_urls = NULL;
    static const char *const functions[] = {"", "1f", "a-b", "f()", "a b"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        options.function = functions[i];
        kf_status status = kf_component_set_python(c, &options);
        ck_assert(status == (i == 0 ? KF_EMISSING : KF_EINVAL));
    }
    ck_assert_int_eq(c->body->kind, KF__COMPONENT_NONE);
    kf_value_free(text);
    kf_value_free(numbers);
    kf_component_free(c);
}
END_TEST

START_TEST(any_allocation_may_fail)
{
    kf_value *golden = parse(goldens[sizeof goldens / sizeof *goldens - 1].options);
    kf_python_options options = options_of(golden);
    kf_component *c = component();
    ck_ok(kf_component_set_call(c, "before"));
    kf_status status = KF_ENOMEM;
    for (long n = 0; status != KF_OK; n++) {
        kf__mem_fail_after(n);
        status = kf_component_set_python(c, &options);
        kf__mem_fail_after(-1);
        ck_assert(status == KF_OK || status == KF_ENOMEM);
        if (status != KF_OK)
            ck_assert_str_eq(c->body->image, "libkf/call");
        ck_assert_int_lt(n, 1000);
    }
    kf_component_free(c);
    kf_value_free(golden);
}
END_TEST

KF_TEST_MAIN("pipeline/component_python", commands_are_kfps_byte_for_byte,
    another_version_of_kfp_can_be_written, notebooks_install_what_runs_them,
    the_embedded_runtime_travels_in_the_command,
    the_shell_hands_requirements_to_pip_as_they_are, wrong_options_are_refused,
    any_allocation_may_fail)
