/* SPDX-License-Identifier: Apache-2.0 */
/* The files that `aws configure` writes, of which people have one where a cluster has
 * variables: "[profile]" and "name = value" on lines of their own. */
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/storage_job.h"

static bool is_blank(char letter)
{
    return letter == ' ' || letter == '\t' || letter == '\r';
}

/* Without the blanks around it. */
static void trim(const char **text, size_t *length)
{
    for (; *length > 0 && is_blank(**text); (*text)++, (*length)--)
        ;
    while (*length > 0 && is_blank((*text)[*length - 1]))
        (*length)--;
}

static bool equals(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

/* "[name]", or "[profile name]". */
static bool is_section(const char *line, size_t length, const char *profile)
{
    static const char prefix[] = "profile";
    const char *name = line + 1;
    size_t rest = length - 2;
    trim(&name, &rest);
    if (rest > sizeof prefix - 1 && memcmp(name, prefix, sizeof prefix - 1) == 0 &&
        is_blank(name[sizeof prefix - 1])) {
        name += sizeof prefix - 1;
        rest -= sizeof prefix - 1;
        trim(&name, &rest);
    }
    return equals(name, rest, profile);
}

/* The value in the profile's section, in the arena; NULL: there is none. Lines that
 * begin with a blank belong to the value before them, and are passed over. */
static kf_status find_value(kf_arena *arena, const char *text, const char *profile,
    const char *name, const char **out)
{
    bool inside = false;
    for (size_t length; *text != '\0'; text += length + (text[length] == '\n')) {
        const char *line = text;
        length = strcspn(text, "\n");
        size_t count = length;
        if (is_blank(*line))
            continue;
        trim(&line, &count);
        if (count >= 2 && *line == '[' && line[count - 1] == ']')
            inside = is_section(line, count, profile);
        const char *sign = inside ? memchr(line, '=', count) : NULL;
        if (sign == NULL || *line == '#' || *line == ';')
            continue;
        const char *key = line, *value = sign + 1;
        size_t key_length = (size_t)(sign - line);
        size_t value_length = count - key_length - 1;
        trim(&key, &key_length);
        trim(&value, &value_length);
        if (!equals(key, key_length, name) || value_length == 0)
            continue;
        *out = kf__arena_strndup(arena, value, value_length);
        return *out != NULL ? KF_OK : KF_ENOMEM;
    }
    *out = NULL;
    return KF_OK;
}

/* *out stays as it is where there is no file. */
static kf_status read_file(
    kf_storage_job *job, const char *variable, const char *usual, kf_buf *out)
{
    char *path = NULL;
    const char *given = kf__storage_setting(job, variable);
    const char *home = kf__environment("HOME");
    if (given == NULL && (home == NULL || *home != '/'))
        return KF_OK;
    KF__TRY(kf__absolute_path(given != NULL ? given : usual, &path));
    kf_status status = kf__file_read_plain(path, KF__LIMIT_STRING_BYTES, out);
    kf__free(path);
    return status == KF_ENOENT && given == NULL ? KF_OK : status;
}

static const char *profile_of(const kf_storage_job *job)
{
    const char *profile = kf__storage_setting(job, "AWS_PROFILE");
    return profile != NULL ? profile : "default";
}

kf_status kf__storage_aws_keys(kf_storage_job *job, const char **access_key,
    const char **secret_key, const char **session_token)
{
    const char *profile = profile_of(job);
    kf_arena *arena = &job->tree.arena;
    kf_buf text = KF__BUF_INIT;
    kf_status status =
        read_file(job, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", &text);
    const char *content = kf__buf_text(&text);
    if (status == KF_OK)
        status = find_value(arena, content, profile, "aws_access_key_id", access_key);
    if (status == KF_OK)
        status =
            find_value(arena, content, profile, "aws_secret_access_key", secret_key);
    if (status == KF_OK)
        status =
            find_value(arena, content, profile, "aws_session_token", session_token);
    kf__buf_finish(&text);
    return status;
}

kf_status kf__storage_aws_region(kf_storage_job *job, const char **region)
{
    kf_buf text = KF__BUF_INIT;
    kf_status status = read_file(job, "AWS_CONFIG_FILE", "~/.aws/config", &text);
    if (status == KF_OK)
        status = find_value(
            &job->tree.arena, kf__buf_text(&text), profile_of(job), "region", region);
    kf__buf_finish(&text);
    return status;
}
