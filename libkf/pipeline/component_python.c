/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "pipeline/component.h"

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

static const char install_begin[] = "\nif ! [ -x \"$(command -v pip)\" ]; then\n"
                                    "    python3 -m ensurepip || python3 -m ensurepip "
                                    "--user || apt-get install python3-pip\n"
                                    "fi\n"
                                    "\n"
                                    "PIP_DISABLE_PIP_VERSION_CHECK=1 ";
static const char install_end[] = " && \"$0\" \"$@\"\n";

static const char make_venv[] = "\nexport PIP_DISABLE_PIP_VERSION_CHECK=1\n"
                                "tmp=$(mktemp -d)\n"
                                "python3 -m venv \"$tmp/venv\" --system-site-packages\n"
                                ". \"$tmp/venv/bin/activate\"\n";

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

/* ---- the command that installs packages ---- */

/* Whether Python's repr escapes the code point: controls, and characters that cannot be
 * seen. */
static bool is_unprintable(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0xa0}, {0xad, 0xad},
        {0x600, 0x605}, {0x61c, 0x61c}, {0x1680, 0x1680}, {0x180e, 0x180e},
        {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
        {0xe000, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff},
        {0xe0000, 0x10ffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    return false;
}

static void put_escape(kf_buf *buf, uint32_t code)
{
    if (code == '\n')
        kf__buf_puts(buf, "\\n");
    else if (code == '\r')
        kf__buf_puts(buf, "\\r");
    else if (code == '\t')
        kf__buf_puts(buf, "\\t");
    else
        kf__buf_printf(buf,
            code <= 0xff     ? "\\x%02x"
            : code <= 0xffff ? "\\u%04x"
                             : "\\U%08x",
            (unsigned)code);
}

/* Quote as Python's repr does, which is how KFP quotes the words of pip for the shell.
 */
static void put_repr(kf_buf *buf, const char *text)
{
    char quote = strchr(text, '\'') != NULL && strchr(text, '"') == NULL ? '"' : '\'';
    const char *end = text + strlen(text);
    kf__buf_putc(buf, quote);
    while (text < end) {
        uint32_t code = kf__utf8_next(&text, end);
        if (code == '\\' || code == (uint32_t)quote)
            kf__buf_putc(buf, '\\');
        if (is_unprintable(code))
            put_escape(buf, code);
        else
            kf__utf8_put(buf, code);
    }
    kf__buf_putc(buf, quote);
}

/* Quote for the shell, whatever the text. */
static void put_quoted(kf_buf *buf, const char *text)
{
    kf__buf_putc(buf, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            kf__buf_puts(buf, "'\\''");
        else
            kf__buf_putc(buf, *text);
    }
    kf__buf_putc(buf, '\'');
}

typedef struct installer {
    const kf_python_options *options;
    const kf_value *packages; /* Of the user. */
    bool as_kfp; /* Byte for byte as KFP, which quotes for Python and not for the shell.
                  */
    bool kfp;    /* KFP's package as well. */
} installer;

static void put_word(kf_buf *buf, const installer *self, const char *text)
{
    if (self->as_kfp)
        put_repr(buf, text);
    else
        put_quoted(buf, text);
}

static void put_option(
    kf_buf *buf, const installer *self, const char *option, const char *text)
{
    kf__buf_printf(buf, "%s ", option);
    if (self->as_kfp)
        kf__buf_puts(buf, text);
    else
        put_quoted(buf, text);
    kf__buf_putc(buf, ' ');
}

static void put_options(kf_buf *buf, const installer *self, const char *option,
    const kf_value *texts, size_t first)
{
    for (size_t i = first; i < kf_value_length(texts); i++)
        put_option(buf, self, option, kf_value_string(kf_value_at(texts, i)));
}

/* "python3 -m pip install …", up to the packages. */
static void put_pip(kf_buf *buf, const installer *self)
{
    const kf_value *urls = self->options->pip_index_urls;
    const kf_value *hosts = self->options->pip_trusted_hosts;
    kf__buf_puts(buf, "python3 -m pip install --quiet --no-warn-script-location ");
    if (kf_value_length(urls) == 0)
        return;
    put_option(buf, self, "--index-url", kf_value_string(kf_value_at(urls, 0)));
    put_options(buf, self, "--extra-index-url", urls, 1);
    /* No list of hosts trusts the indexes themselves; an empty list trusts none. */
    put_options(buf, self, "--trusted-host", hosts != NULL ? hosts : urls, 0);
}

static void put_packages(kf_buf *buf, const installer *self)
{
    put_pip(buf, self);
    for (size_t i = 0; i < kf_value_length(self->packages); i++) {
        if (i > 0)
            kf__buf_putc(buf, ' ');
        put_word(buf, self, kf_value_string(kf_value_at(self->packages, i)));
    }
}

static void put_kfp(kf_buf *buf, const installer *self)
{
    const char *path = self->options->kfp_package_path;
    const char *version = self->options->kfp_version;
    put_pip(buf, self);
    if (path != NULL && *path != '\0') {
        put_repr(buf, path);
        if (kf__file_exists(path) || strstr(path, "@refs/pull/") != NULL)
            kf__buf_puts(buf, " '--no-deps'");
        return;
    }
    kf__buf_printf(
        buf, "'kfp==%s' '--no-deps'", version != NULL ? version : KFP_VERSION);
    kf__buf_puts(buf, " 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"'");
}

/* The blanks between the parts are KFP's. Its environment is made after the user's
 * packages are installed, and only where KFP itself is; the embedded runtime's is made
 * first. */
static void put_install(kf_buf *buf, const installer *self)
{
    bool packages = kf_value_length(self->packages) > 0;
    kf__buf_puts(buf, install_begin);
    if (self->options->use_venv && !self->as_kfp)
        kf__buf_printf(buf, "%s ", make_venv);
    if (packages)
        put_packages(buf, self);
    if (packages && self->kfp)
        kf__buf_puts(buf, "  &&  ");
    if (self->kfp) {
        if (self->options->use_venv)
            kf__buf_printf(buf, "%s ", make_venv);
        put_kfp(buf, self);
    }
    kf__buf_puts(buf, install_end);
}

static bool installs_kfp(const kf_python_options *options, const kf_value *packages)
{
    if (options->skip_kfp_install || options->target_image != NULL)
        return false;
    for (size_t i = 0; i < kf_value_length(packages); i++)
        if (kf__starts_with(kf_value_string(kf_value_at(packages, i)), "kfp"))
            return false;
    return true;
}

/* ---- the container ---- */

static kf_value *list_of(kf_tree *tree, const char *const *texts)
{
    kf_value *list = kf__tree_list(tree);
    for (; *texts != NULL; texts++)
        kf__push(tree, list, kf__tree_string_ref(tree, *texts));
    return list;
}

static void push_words(kf_tree *tree, kf_value *list, const char *const *texts)
{
    for (; *texts != NULL; texts++)
        kf__push(tree, list, kf__tree_string_ref(tree, *texts));
}

static void push_install(
    kf_tree *tree, kf_value *command, const kf_python_options *options)
{
    installer self = {
        .options = options,
        .packages = options->packages_to_install,
        .as_kfp = options->runtime == KF_RUNTIME_KFP,
    };
    if (self.packages == NULL && options->notebook)
        self.packages = list_of(tree, notebook_packages);
    self.kfp = self.as_kfp && installs_kfp(options, self.packages);
    if (!self.kfp && kf_value_length(self.packages) == 0)
        return;
    kf_buf text = KF__BUF_INIT;
    put_install(&text, &self);
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
    kf__push(tree, command, kf__tree_string_ref(tree, kfp_program));
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
    KF__TRY(check_options(options));
    KF__TRY(kf__component_own(component));
    kf_tree *tree = &component->body->tree;
    kf_value *command = command_of(tree, options), *args = args_of(tree, options);
    return kf__component_become_container(component, image_of(options), command, args);
}
