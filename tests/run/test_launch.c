/* SPDX-License-Identifier: Apache-2.0 */
/* The commands are those that KFP 2.0 to 2.17 write (component_factory.py). */
#include "run/launch.h"

#include "base/mem.h"
#include "kf_test.h"
#include "pipeline/runtime.h"

#include <stdarg.h>
#include <string.h>

#define ENSURE_PIP                                                                     \
    "\nif ! [ -x \"$(command -v pip)\" ]; then\n"                                      \
    "    python3 -m ensurepip || python3 -m ensurepip --user || apt-get install "      \
    "python3-pip\nfi\n\nPIP_DISABLE_PIP_VERSION_CHECK=1 "
#define PIP "python3 -m pip install --quiet --no-warn-script-location "
#define KFP                                                                            \
    PIP "'kfp==2.14.3' '--no-deps' 'typing-extensions>=3.7.4,<5; "                     \
        "python_version<\"3.9\"'"
#define EXECUTE " && \"$0\" \"$@\"\n"
#define VENV                                                                           \
    "\nexport PIP_DISABLE_PIP_VERSION_CHECK=1\ntmp=$(mktemp -d)\npython3 -m venv "     \
    "\"$tmp/venv\" --system-site-packages\n. \"$tmp/venv/bin/activate\"\n"
#define SOURCE "\nimport kfp\n\ndef f():\n    pass\n"

static const char kfp_program[] =
    "program_path=$(mktemp -d)\n\nprintf \"%s\" \"$0\" > "
    "\"$program_path/ephemeral_component.py\"\n_KFP_RUNTIME=true python3 -m "
    "kfp.dsl.executor_main                         --component_module_path             "
    "            \"$program_path/ephemeral_component.py\"                         "
    "\"$@\"\n";

static kf_value *words(kf_tree *tree, const char *const *texts)
{
    kf_value *list = kf__tree_list(tree);
    for (; *texts != NULL; texts++)
        kf__push(tree, list, kf__tree_string(tree, *texts));
    return list;
}

static kf_value *container(
    kf_tree *tree, const char *const *command, const char *const *args)
{
    kf_value *made = kf__tree_struct(tree);
    kf__put(tree, made, "command", words(tree, command));
    kf__put(tree, made, "args", words(tree, args));
    return made;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ARGS WORDS("--executor_input", "{{$}}", "--function_to_execute", "f")

static void check_list(const kf_value *list, const char *expected)
{
    kf_buf text = KF__BUF_INIT;
    for (size_t i = 0; i < kf_value_length(list); i++)
        kf__buf_printf(
            &text, "%s%s", i > 0 ? "|" : "", kf_value_string(kf_value_at(list, i)));
    ck_assert_str_eq(kf__buf_text(&text), expected);
    kf__buf_finish(&text);
}

/* What the script that goes before the program makes the component install. */
static void check_script(
    const char *script, const char *requirements, const char *options)
{
    kf_launch launch;
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = container(
        &tree, WORDS("sh", "-c", script, "sh", "-ec", kfp_program, SOURCE), ARGS);
    ck_ok(kf__launch_read(&tree, value, &launch));
    ck_assert_str_eq(launch.source, SOURCE);
    ck_assert_str_eq(launch.function, "f");
    check_list(launch.requirements, requirements);
    check_list(launch.options, options);
    kf__tree_finish(&tree);
}

START_TEST(kfp_alone_installs_nothing)
{
    check_script(ENSURE_PIP KFP EXECUTE, "", "");
    check_script(ENSURE_PIP PIP "'kfp==2.0.1'" EXECUTE, "", "");
    check_script(ENSURE_PIP
        "python3 -m pip install --quiet     --no-warn-script-location 'kfp==2.3.0' "
        "'--no-deps' 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"'" EXECUTE,
        "", "");
}
END_TEST

START_TEST(packages_of_the_user)
{
    check_script(ENSURE_PIP PIP "'scikit-learn'  &&  " KFP EXECUTE, "scikit-learn", "");
    check_script(ENSURE_PIP PIP
        "'b==2' 'a>=1,<2; python_version<\"4\"' 'b==2'  &&  " KFP EXECUTE,
        "a>=1,<2; python_version<\"4\"|b==2", "");
    /* The order of KFP before 2.5. */
    check_script(
        ENSURE_PIP KFP "  &&  " PIP "'dill==0.3.7'" EXECUTE, "dill==0.3.7", "");
    /* install_kfp_package=False */
    check_script(ENSURE_PIP PIP "\"it's\" plain 'with blank'" EXECUTE,
        "it's|plain|with blank", "");
}
END_TEST

START_TEST(kfp_asked_for_by_the_user)
{
    check_script(ENSURE_PIP PIP "'kfp==2.14.3'" EXECUTE, "kfp==2.14.3", "");
    check_script(ENSURE_PIP PIP "'kfp[kubernetes]' 'pandas'" EXECUTE,
        "kfp[kubernetes]|pandas", "");
    check_script(
        ENSURE_PIP PIP "'kfp-kubernetes'  &&  " KFP EXECUTE, "kfp-kubernetes", "");
}
END_TEST

START_TEST(other_package_in_place_of_kfp)
{
    check_script(ENSURE_PIP PIP
        "'pandas'  &&  " PIP
        "'git+https://example.org/pipelines#subdirectory=x'" EXECUTE,
        "pandas", "");
    check_script(ENSURE_PIP PIP
        "'git+https://example.org/p#subdirectory=sdk/python'" EXECUTE,
        "", "");
    check_script(ENSURE_PIP PIP "'/wheels/kfp-2.17.0.whl' '--no-deps'" EXECUTE, "", "");
}
END_TEST

START_TEST(indexes_and_hosts)
{
    check_script(ENSURE_PIP PIP
        "--index-url https://a/simple --extra-index-url https://b/simple "
        "--trusted-host https://a/simple --trusted-host b --trusted-host "
        "http://c:8080/simple 'yapf'  &&  " PIP
        "--index-url https://a/simple 'kfp==2.14.3' '--no-deps' "
        "'typing-extensions'" EXECUTE,
        "yapf",
        "--index-url|https://a/simple|--extra-index-url|https://b/simple|"
        "--trusted-host|b|--trusted-host|c:8080");
}
END_TEST

START_TEST(virtual_environments)
{
    check_script(ENSURE_PIP PIP "'yapf'  &&  " VENV " " KFP EXECUTE, "yapf", "");
    check_script(ENSURE_PIP VENV " " PIP "'yapf'" EXECUTE, "yapf", "");
}
END_TEST

START_TEST(options_among_the_packages_keep_the_order)
{
    check_script(ENSURE_PIP PIP "'z' '--pre' 'a'  &&  " KFP EXECUTE, "z|--pre|a", "");
}
END_TEST

START_TEST(own_form)
{
    kf_launch launch;
    kf_tree tree = KF__TREE_INIT;
    kf_value *plain =
        container(&tree, WORDS("sh", "-ec", kf__runtime_program, SOURCE), ARGS);
    kf_value *installing = container(&tree,
        WORDS("sh", "-c", ENSURE_PIP PIP "'pandas'" EXECUTE, "sh", "-ec",
            kf__runtime_program, SOURCE),
        ARGS);
    ck_ok(kf__launch_read(&tree, plain, &launch));
    ck_assert_str_eq(launch.source, SOURCE);
    check_list(launch.requirements, "");
    ck_ok(kf__launch_read(&tree, installing, &launch));
    check_list(launch.requirements, "pandas");
    kf__tree_finish(&tree);
}
END_TEST

static void check_not(const char *const *command, const char *const *args)
{
    kf_launch launch;
    kf_tree tree = KF__TREE_INIT;
    ck_fails(kf__launch_read(&tree, container(&tree, command, args), &launch),
        KF_EUNSUPPORTED, "lightweight Python component");
    kf__tree_finish(&tree);
}

START_TEST(other_commands)
{
    check_not(WORDS("echo", "x"), ARGS);
    check_not(WORDS("sh", "-c", "echo"), ARGS);
    check_not(WORDS("python3", "-m", "kfp.dsl.executor_main"), ARGS);
    check_not(WORDS("sh", "-ec", "python3 -m kfp.dsl.executor_main", SOURCE), ARGS);
    check_not(WORDS("sh", "-ec", kfp_program), ARGS);
    check_not(
        WORDS("sh", "-ec", kfp_program, SOURCE), WORDS("--executor_input", "{{$}}"));
    check_not(WORDS("sh", "-ec", kfp_program, SOURCE),
        WORDS("--executor_input", "{}", "--function_to_execute", "f"));
    check_not(WORDS("sh", "-c", "apt-get install x && \"$0\" \"$@\"", "sh", "-ec",
                  kfp_program, SOURCE),
        ARGS);
    check_not(WORDS("sh", "-c", ENSURE_PIP PIP "'a'", "sh", "-ec", kfp_program, SOURCE),
        ARGS);
    check_not(WORDS("sh", "-c", ENSURE_PIP PIP "'not finished" EXECUTE, "sh", "-ec",
                  kfp_program, SOURCE),
        ARGS);
    check_not(
        WORDS("bash", "-c", ENSURE_PIP KFP EXECUTE, "sh", "-ec", kfp_program, SOURCE),
        ARGS);
}
END_TEST

START_TEST(malformed_containers)
{
    kf_launch launch;
    kf_tree tree = KF__TREE_INIT;
    kf_value *odd = kf__tree_struct(&tree), *list = kf__put_list(&tree, odd, "command");
    for (int i = 0; i < 4; i++)
        kf__push(&tree, list, kf__tree_int(&tree, i));
    ck_fails(kf__launch_read(&tree, NULL, &launch), KF_EUNSUPPORTED, "");
    ck_fails(kf__launch_read(&tree, odd, &launch), KF_EUNSUPPORTED, "");
    kf__tree_finish(&tree);
}
END_TEST

static kf_status read_once(const kf_value *value)
{
    kf_launch launch;
    kf_tree tree = KF__TREE_INIT;
    kf_status status = kf__launch_read(&tree, value, &launch);
    kf__tree_finish(&tree);
    return status;
}

START_TEST(out_of_memory)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *value = container(&tree,
        WORDS("sh", "-c",
            ENSURE_PIP PIP "--index-url https://a 'b' 'a'  &&  " KFP EXECUTE, "sh",
            "-ec", kfp_program, SOURCE),
        ARGS);
    ck_survives_nomem(read_once(value));
    kf__tree_finish(&tree);
}
END_TEST

KF_TEST_MAIN("launch", kfp_alone_installs_nothing, packages_of_the_user,
    kfp_asked_for_by_the_user, other_package_in_place_of_kfp, indexes_and_hosts,
    virtual_environments, options_among_the_packages_keep_the_order, own_form,
    other_commands, malformed_containers, out_of_memory)
