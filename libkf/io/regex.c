/* SPDX-License-Identifier: Apache-2.0 */
#include "io/regex.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"

enum { MOST_REPEATS = 1000 };

struct kf_regex {
    pcre2_general_context *memory;
    pcre2_compile_context *compiling;
    pcre2_match_context *matching;
    pcre2_code *code;
    pcre2_match_data *match;
    uint32_t groups;
    size_t behind; /* Where the last match ended that was not empty; 0: none. */
};

/* ---- the dialect ---- */

typedef struct scanner {
    const char *pattern;
    const char *at;
} scanner;

static kf_status fail(const scanner *self, const char *at, const char *message)
{
    return kf__fail_at(KF_EPARSE, NULL, 1, (int)(at - self->pattern) + 1,
        "column %d of the regular expression '%.200s': %s",
        (int)(at - self->pattern) + 1, self->pattern, message);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* At a backslash; goes behind what it begins. */
static kf_status scan_escape(scanner *self, bool in_class)
{
    const char *start = self->at;
    char c = start[1];
    self->at += c == '\0' ? 1 : 2;
    if (c == '\0')
        return fail(self, start, "a backslash at the end");
    if (c >= '1' && c <= '9' && (c > '7' || start[2] < '0' || start[2] > '7'))
        return fail(self, start, "Go's regular expressions have no backreferences");
    if (c == 'k' || c == 'g')
        return fail(self, start, "Go's regular expressions have no backreferences");
    const char *known = in_class ? "afnrtvdDsSwWpPx" : "afnrtvdDsSwWbBAzpPQx";
    if (is_letter(c) && strchr(known, c) == NULL)
        return fail(self, start, "Go's regular expressions have no such escape");
    if (c == 'Q') {
        const char *end = strstr(self->at, "\\E");
        self->at = end != NULL ? end + 2 : self->at + strlen(self->at);
    }
    if ((c == 'p' || c == 'P' || c == 'x') && *self->at == '{') {
        const char *end = strchr(self->at, '}');
        if (end == NULL)
            return fail(self, start, "a brace is not closed");
        self->at = end + 1;
    }
    return KF_OK;
}

static kf_status scan_class(scanner *self)
{
    const char *start = self->at++;
    if (*self->at == '^')
        self->at++;
    for (bool first = true; *self->at != ']' || first; first = false) {
        if (*self->at == '\0')
            return fail(self, start, "a bracket is not closed");
        if (*self->at == '\\') {
            KF__TRY(scan_escape(self, true));
            continue;
        }
        if (self->at[0] == '[' && self->at[1] == ':') {
            const char *end = strstr(self->at + 2, ":]");
            if (end != NULL)
                self->at = end + 1;
        }
        self->at++;
    }
    self->at++;
    return KF_OK;
}

static kf_status scan_group(scanner *self)
{
    const char *start = self->at++;
    if (*self->at == '*')
        return fail(self, self->at, "nothing to repeat");
    if (*self->at != '?')
        return KF_OK;
    self->at++;
    if (*self->at == ':') {
        self->at++;
        return KF_OK;
    }
    const char *name = *self->at == 'P' ? self->at + 1 : self->at;
    if (*name == '<' && name[1] != '=' && name[1] != '!') {
        const char *end = strchr(name, '>');
        if (end == NULL)
            return fail(self, start, "the name of a group is not closed");
        self->at = end + 1;
        return KF_OK;
    }
    if (*self->at == '=' || *self->at == '!' || *self->at == '<')
        return fail(self, start, "Go's regular expressions cannot look around");
    size_t flags = strspn(self->at, "imsU-");
    if (flags == 0 || (self->at[flags] != ':' && self->at[flags] != ')'))
        return fail(self, start, "Go's regular expressions have no such group");
    self->at += flags + (self->at[flags] == ':');
    return KF_OK;
}

/* Behind "{n}", "{n,}" or "{n,m}"; the same place if it is none. */
static kf_status scan_braces(scanner *self, bool *repeats)
{
    const char *at = self->at + 1;
    long bounds[2] = {0, 0};
    *repeats = false;
    for (int i = 0; i < 2; i++) {
        for (; is_digit(*at); at++)
            if (bounds[i] <= MOST_REPEATS)
                bounds[i] = bounds[i] * 10 + (*at - '0');
        if (i == 0 && (at == self->at + 1 || (*at != ',' && *at != '}')))
            return KF_OK;
        if (*at == '}')
            break;
        at += i == 0;
    }
    if (*at != '}')
        return KF_OK;
    if (bounds[0] > MOST_REPEATS || bounds[1] > MOST_REPEATS)
        return fail(self, self->at, "Go repeats at most 1000 times");
    self->at = at + 1;
    *repeats = true;
    return KF_OK;
}

static kf_status scan_repeat(scanner *self, bool *repeats)
{
    *repeats = true;
    if (*self->at == '{')
        return scan_braces(self, repeats);
    if (strchr("*+?", *self->at) == NULL)
        *repeats = false;
    else
        self->at++;
    return KF_OK;
}

static kf_status scan_one(scanner *self)
{
    const char *start = self->at;
    bool repeats, again;
    if (*self->at == '\\')
        return scan_escape(self, false);
    if (*self->at == '[')
        return scan_class(self);
    if (*self->at == '(')
        return scan_group(self);
    KF__TRY(scan_repeat(self, &repeats));
    if (!repeats) {
        self->at += self->at == start;
        return KF_OK;
    }
    if (*self->at == '?')
        self->at++;
    const char *second = self->at;
    if (*second == '\0')
        return KF_OK;
    KF__TRY(scan_repeat(self, &again));
    return again ? fail(self, second, "Go's regular expressions repeat a thing once")
                 : KF_OK;
}

static kf_status check_dialect(const char *pattern)
{
    scanner self = {pattern, pattern};
    while (*self.at != '\0')
        KF__TRY(scan_one(&self));
    return KF_OK;
}

/* ---- compiling ---- */

static void *allocate(size_t size, void *payload)
{
    return kf__alloc(size);
}

static void release(void *memory, void *payload)
{
    kf__free(memory);
}

static bool prepare(kf_regex *regex)
{
    regex->memory = pcre2_general_context_create(allocate, release, NULL);
    if (regex->memory == NULL)
        return false;
    regex->compiling = pcre2_compile_context_create(regex->memory);
    regex->matching = pcre2_match_context_create(regex->memory);
    if (regex->compiling == NULL || regex->matching == NULL)
        return false;
    (void)pcre2_set_newline(regex->compiling, PCRE2_NEWLINE_LF);
    (void)pcre2_set_match_limit(regex->matching, KF__LIMIT_MATCH_STEPS);
    (void)pcre2_set_depth_limit(regex->matching, KF__LIMIT_MATCH_STEPS);
    (void)pcre2_set_heap_limit(regex->matching, KF__LIMIT_MATCH_KIB);
    return true;
}

static kf_status fail_compile(const char *pattern, int code, size_t offset)
{
    PCRE2_UCHAR message[160] = "";
    (void)pcre2_get_error_message(code, message, sizeof message);
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return kf__nomem();
    return kf__fail_at(KF_EPARSE, NULL, 1, (int)offset + 1,
        "column %d of the regular expression '%.200s': %s", (int)offset + 1, pattern,
        (const char *)message);
}

static kf_status compile(kf_regex *regex, const char *pattern)
{
    int code;
    size_t offset;
    if (!prepare(regex))
        return kf__nomem();
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &code, &offset,
        regex->compiling);
    if (regex->code == NULL)
        return code == PCRE2_ERROR_NOMEMORY ? kf__nomem()
                                            : fail_compile(pattern, code, offset);
    regex->match = pcre2_match_data_create_from_pattern(regex->code, regex->memory);
    if (regex->match == NULL)
        return kf__nomem();
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->groups);
    return KF_OK;
}

kf_status kf__regex_new(const char *pattern, kf_regex **out)
{
    if (strlen(pattern) > KF__LIMIT_PATTERN_BYTES)
        return kf__fail(KF_ELIMIT, NULL,
            "a regular expression has %zu bytes: at most %d are read", strlen(pattern),
            KF__LIMIT_PATTERN_BYTES);
    KF__TRY(check_dialect(pattern));
    kf_regex *regex = kf__calloc(1, sizeof *regex);
    if (regex == NULL)
        return kf__nomem();
    kf_status status = compile(regex, pattern);
    if (status == KF_OK)
        *out = regex;
    else
        kf__regex_free(regex);
    return status;
}

void kf__regex_free(kf_regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    pcre2_match_context_free(regex->matching);
    pcre2_compile_context_free(regex->compiling);
    pcre2_general_context_free(regex->memory);
    kf__free(regex);
}

size_t kf__regex_group_count(const kf_regex *regex)
{
    return regex->groups;
}

/* ---- matching ---- */

kf_status kf__regex_find(
    kf_regex *regex, const char *text, size_t length, size_t start, bool *found)
{
    *found = false;
    if (start > length)
        return KF_OK;
    /* As Go finds all: no empty match right behind another one. */
    uint32_t options = start == 0 ? 0 : PCRE2_NO_UTF_CHECK;
    if (start > 0 && start == regex->behind)
        options |= PCRE2_NOTEMPTY_ATSTART;
    int result = pcre2_match(regex->code, (PCRE2_SPTR)text, length, start, options,
        regex->match, regex->matching);
    if (result == PCRE2_ERROR_NOMATCH)
        return KF_OK;
    if (result == PCRE2_ERROR_NOMEMORY)
        return kf__nomem();
    if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
        result == PCRE2_ERROR_HEAPLIMIT)
        return kf__fail(KF_ELIMIT, NULL,
            "the regular expression takes more than %d steps on this text",
            KF__LIMIT_MATCH_STEPS);
    if (result < 0)
        return kf__fail(KF_EINVAL, NULL, "text that is not UTF-8 cannot be searched");
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(regex->match);
    regex->behind = offsets[1] > offsets[0] ? offsets[1] : 0;
    *found = true;
    return KF_OK;
}

bool kf__regex_group(const kf_regex *regex, size_t group, size_t *start, size_t *end)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(regex->match);
    if (group > regex->groups || offsets[2 * group] == PCRE2_UNSET)
        return false;
    *start = offsets[2 * group];
    *end = offsets[2 * group + 1];
    return true;
}

size_t kf__regex_resume(const kf_regex *regex, const char *text, size_t length)
{
    size_t start = 0, end = length;
    (void)kf__regex_group(regex, 0, &start, &end);
    if (end > start || end >= length)
        return end > start ? end : length + 1;
    for (end++; end < length && ((unsigned char)text[end] & 0xC0) == 0x80;)
        end++;
    return end;
}
