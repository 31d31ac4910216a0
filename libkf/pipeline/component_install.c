/* SPDX-License-Identifier: Apache-2.0 */
/* The command of a Python component that installs packages and goes on with its
 * arguments. */
#include <string.h>

#include "base/text.h"
#include "io/file.h"
#include "pipeline/component.h"

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
        buf, "'kfp==%s' '--no-deps'", version != NULL ? version : kf_kfp_version());
    kf__buf_puts(buf, " 'typing-extensions>=3.7.4,<5; python_version<\"3.9\"'");
}

/* The blanks between the parts are KFP's. Its environment is made after the user's
 * packages are installed, and only where KFP itself is; the embedded runtime's is made
 * first. */
static void put_install(kf_buf *buf, const installer *self)
{
    bool packages = kf_value_length(self->packages) > 0;
    if (!packages && !self->kfp)
        return;
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

void kf__put_python_install(
    kf_buf *buf, const kf_python_options *options, const kf_value *packages, bool kfp)
{
    installer self = {
        .options = options,
        .packages = packages,
        .as_kfp = options->runtime == KF_RUNTIME_KFP,
        .kfp = kfp,
    };
    put_install(buf, &self);
}
