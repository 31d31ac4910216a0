/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "pipeline/component.h"
#include "pipeline/runtime.h"

#define KFP_VERSION "2.17.0"
#define DEFAULT_IMAGE "python:3.11"

/* What KFP's notebook components install unless told otherwise. */
static const char *const notebook_packages[] = {
    "nbclient>=0.10,<1", "ipykernel>=6,<7", "jupyter_client>=7,<9", NULL};

/* The command that KFP's executor is launched with: the source is "$0", the arguments
 * are "$@". */
static const char kfp_program[] =
    "program_path=$(mktemp -d)\n"
    "\n"
    "printf \"%s\" \"$0\" > \"$program_path/ephemeral_component.py\"\n"
    "_KFP_RUNTIME=true python3 -m kfp.dsl.executor_main"
    "                         --component_module_path"
    "                         \"$program_path/ephemeral_component.py\""
    "                         \"$@\"\n";

const char *kf_kfp_version(void)
{
    return KFP_VERSION;
}

/* ---- checks ---- */

static kf_status check_required(const char *what, const char *text)
{
    if (text == NULL || *text == '\0')
        return kf__fail(KF_EMISSING, NULL, "a Python component needs %s", what);
    return kf__component_check_text(what, text);
}

static kf_status check_optional(const char *what, const char *text)
{
    return text == NULL ? KF_OK : kf__component_check_text(what, text);
}

static bool is_identifier(const char *text)
{
    if (*text >= '0' && *text <= '9')
        return false;
    for (const char *c = text; *c != '\0'; c++) {
        bool word = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    (*c >= '0' && *c <= '9') || *c == '_' || (unsigned char)*c >= 0x80;
        if (!word)
            return false;
    }
    return true;
}

static kf_status check_options(const kf_python_options *options)
{
    KF__TRY(check_required("the name of its function", options->function));
    if (!is_identifier(options->function))
        return kf__fail(KF_EINVAL, NULL, "\"%s\" cannot name a function of Python",
            options->function);
    if (options->target_image == NULL)
        KF__TRY(check_required("its source", options->source));
    KF__TRY(check_optional("the image", options->image));
    KF__TRY(check_optional("the target image", options->target_image));
    KF__TRY(check_optional("the version of KFP", options->kfp_version));
    KF__TRY(check_optional("the path of KFP's package", options->kfp_package_path));
    KF__TRY(
        kf__component_check_words("packages_to_install", options->packages_to_install));
    KF__TRY(kf__component_check_words("pip_index_urls", options->pip_index_urls));
    return kf__component_check_words("pip_trusted_hosts", options->pip_trusted_hosts);
}

static bool installs_kfp(const kf_python_options *options, const kf_value *packages)
{
    if (options->runtime != KF_RUNTIME_KFP || options->skip_kfp_install ||
        options->target_image != NULL)
        return false;
    for (size_t i = 0; i < kf_value_length(packages); i++)
        if (kf__starts_with(kf_value_string(kf_value_at(packages, i)), "kfp"))
            return false;
    return true;
}

/* ---- the container ---- */

static void push_words(kf_tree *tree, kf_value *list, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        kf__push(tree, list, kf__tree_string_ref(tree, *texts));
}

static void push_install(
    kf_tree *tree, kf_value *command, const kf_python_options *options)
{
    const kf_value *packages = options->packages_to_install;
    if (packages == NULL && options->notebook) {
        kf_value *list = kf__tree_list(tree);
        push_words(tree, list, notebook_packages);
        packages = list;
    }
    kf_buf text = KF__BUF_INIT;
    kf__put_python_install(&text, options, packages, installs_kfp(options, packages));
    if (text.length == 0 && text.status == KF_OK)
        return;
    push_words(tree, command, (const char *const[]){"sh", "-c", NULL});
    kf__push(tree, command, kf__tree_string(tree, kf__buf_text(&text)));
    if (text.status != KF_OK)
        tree->status = text.status;
    kf__buf_finish(&text);
}

static kf_value *command_of(kf_tree *tree, const kf_python_options *options)
{
    kf_value *command = kf__tree_list(tree);
    push_install(tree, command, options);
    if (options->target_image != NULL) {
        push_words(tree, command,
            (const char *const[]){"python3", "-m", "kfp.dsl.executor_main", NULL});
        return command;
    }
    push_words(tree, command, (const char *const[]){"sh", "-ec", NULL});
    const char *program =
        options->runtime == KF_RUNTIME_KFP ? kfp_program : kf__runtime_program;
    kf__push(tree, command, kf__tree_string_ref(tree, program));
    kf__push(tree, command, kf__tree_string(tree, options->source));
    return command;
}

static kf_value *args_of(kf_tree *tree, const kf_python_options *options)
{
    kf_value *args = kf__tree_list(tree);
    push_words(tree, args,
        (const char *const[]){
            "--executor_input", "{{$}}", "--function_to_execute", NULL});
    kf__push(tree, args, kf__tree_string(tree, options->function));
    return args;
}

static const char *image_of(const kf_python_options *options)
{
    if (options->target_image != NULL)
        return options->target_image;
    return options->image != NULL ? options->image : DEFAULT_IMAGE;
}

kf_status kf_component_set_python(
    kf_component *component, const kf_python_options *options)
{
    KF__REQUIRE(component != NULL && options != NULL);
    KF__TAKE_OPTIONS(kf_python_options, known, options);
    KF__TRY(check_options(&known));
    KF__TRY(kf__component_own(component));
    kf_tree *tree = &component->body->tree;
    kf_value *command = command_of(tree, &known), *args = args_of(tree, &known);
    return kf__component_become_container(component, image_of(&known), command, args);
}
