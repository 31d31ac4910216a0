/* SPDX-License-Identifier: Apache-2.0 */
/* What is in the cache of models, and taking it out again. Nothing is taken that a
 * process uses, or that is being fetched. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "io/json.h"
#include "serving/storage_job.h"

enum { DEEPEST = 64 };

typedef struct cache {
    kf_storage_job job; /* For its memory, and where the cache is. */
    kf_storage_options options;
    kf_value *records; /* {"key", "uri", "tree", "size", "used", "in_use"} */
} cache;

static kf_status begin(cache *self, const char *home)
{
    *self = (cache){.options = {.home = home}};
    KF__TRY(kf__storage_job_begin(&self->job, "", &self->options));
    return kf__storage_home(&self->job);
}

static const char *place(cache *self, const char *folder, const char *name)
{
    return kf__arena_printf(
        &self->job.tree.arena, "%s/%s/%s", self->job.models, folder, name);
}

/* The names in a folder of the cache, sorted; none if it is not there. */
static kf_value *names_in(cache *self, const char *folder)
{
    kf_tree *tree = &self->job.tree;
    kf_value *list = kf__tree_list(tree);
    const char *path = place(self, folder, "");
    DIR *all = path != NULL ? opendir(path) : NULL;
    for (const struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;)
        if (entry->d_name[0] != '.')
            kf__push(tree, list, kf__tree_string(tree, entry->d_name));
    if (all != NULL)
        (void)closedir(all);
    return list;
}

static int64_t size_below(int folder, const char *name, int depth)
{
    struct stat about;
    int64_t sum = 0;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0)
        return 0;
    if (!S_ISDIR(about.st_mode))
        return about.st_size;
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *all = fd >= 0 ? fdopendir(fd) : NULL;
    for (const struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;)
        if (depth < DEEPEST && strcmp(entry->d_name, ".") != 0 &&
            strcmp(entry->d_name, "..") != 0)
            sum += size_below(fd, entry->d_name, depth + 1);
    if (all != NULL)
        (void)closedir(all);
    else if (fd >= 0)
        (void)close(fd);
    return sum;
}

static int64_t seconds_of(const char *path)
{
    struct stat about;
    return path != NULL && stat(path, &about) == 0 ? about.st_mtime : 0;
}

/* ---- records ---- */

static bool is_hex(const char *text, size_t length)
{
    return text != NULL && strlen(text) == length &&
           strspn(text, "0123456789abcdef") == length;
}

static kf_status read_record(cache *self, const char *name, kf_value **out)
{
    kf_buf text = KF__BUF_INIT;
    const char *path = place(self, "records", name);
    *out = NULL;
    if (path == NULL)
        return KF_ENOMEM;
    kf_status status = kf__file_read_plain(path, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = kf__json_read(&self->job.tree, text.data, text.length, out);
    kf__buf_finish(&text);
    if (status == KF_ENOMEM)
        return status;
    if (status != KF_OK || !is_hex(kf__get_text(*out, "tree"), 64))
        *out = NULL;
    return KF_OK;
}

static kf_status add_record(cache *self, const char *name)
{
    kf_tree *tree = &self->job.tree;
    kf_value *record = NULL;
    size_t length = strlen(name) - strlen(".json");
    const char *key = kf__arena_strndup(&tree->arena, name, length);
    int lock;
    if (key == NULL)
        return KF_ENOMEM;
    KF__TRY(read_record(self, name, &record));
    if (record == NULL || !is_hex(key, 32))
        return KF_OK;
    const char *digest = kf__get_text(record, "tree");
    const char *uri = kf__get_text(record, "uri");
    const char *folder = place(self, "trees", digest);
    kf_value *made = kf__tree_struct(tree);
    kf__put_text(tree, made, "key", key);
    kf__put_text(tree, made, "uri", uri != NULL ? uri : "");
    kf__put_text(tree, made, "tree", digest);
    kf__put_int(
        tree, made, "size", folder != NULL ? size_below(AT_FDCWD, folder, 0) : 0);
    kf_buf used = KF__BUF_INIT;
    kf__put_time(&used, seconds_of(place(self, "uses", digest)) * 1000);
    kf__put_text(tree, made, "used", kf__buf_text(&used));
    kf__buf_finish(&used);
    kf__put_bool(tree, made, "in_use", kf__storage_is_used(&self->job, digest, &lock));
    if (lock >= 0)
        (void)close(lock);
    kf__push(tree, self->records, made);
    return kf__tree_status(tree);
}

static kf_status read_records(cache *self)
{
    const kf_value *names = names_in(self, "records");
    self->records = kf__tree_list(&self->job.tree);
    for (size_t i = 0; i < kf_value_length(names); i++) {
        const char *name = kf_value_string(kf_value_at(names, i));
        if (kf__ends_with(name, ".json"))
            KF__TRY(add_record(self, name));
    }
    return kf__tree_status(&self->job.tree);
}

kf_status kf__storage_models(const char *home, kf_value **out)
{
    cache self;
    kf_status status = begin(&self, home);
    if (status == KF_OK)
        status = read_records(&self);
    if (status == KF_OK)
        status = kf_value_dup(self.records, out);
    kf__storage_job_finish(&self.job);
    return status;
}

/* ---- taking out ---- */

/* Of a key; -1: somebody fetches it now. */
static int lock_key(cache *self, const char *key)
{
    const char *name = kf__arena_printf(&self->job.tree.arena, "%s.lock", key);
    const char *path = name != NULL ? place(self, "records", name) : NULL;
    int fd = path != NULL ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* Whether a record leads to the tree, as they are now. */
static bool is_known(cache *self, const char *digest)
{
    const kf_value *names = names_in(self, "records");
    for (size_t i = 0; i < kf_value_length(names); i++) {
        const char *name = kf_value_string(kf_value_at(names, i));
        kf_value *record = NULL;
        if (kf__ends_with(name, ".json") &&
            (read_record(self, name, &record) != KF_OK ||
                kf__equals_text(kf_value_get(record, "tree"), digest)))
            return true;
    }
    return false;
}

static kf_status remove_below(cache *self, const char *folder, const char *name)
{
    const char *path = kf__arena_printf(&self->job.tree.arena, "%s/%s", folder, name);
    return path != NULL ? kf__remove_tree_below(self->job.models, path) : KF_ENOMEM;
}

/* The record, its partial download, and its tree if no other record leads there. */
static kf_status take_out(cache *self, const char *key, const char *digest)
{
    int use = -1, lock = lock_key(self, key);
    if (lock < 0)
        return KF_EBUSY;
    const char *name = kf__arena_printf(&self->job.tree.arena, "%s.json", key);
    kf_status status = KF_EBUSY;
    if (!kf__storage_is_used(&self->job, digest, &use)) {
        status = name != NULL ? remove_below(self, "records", name) : KF_ENOMEM;
        if (status == KF_OK)
            status = remove_below(self, "partial", key);
        if (status == KF_OK && !is_known(self, digest))
            status = remove_below(self, "trees", digest);
    }
    if (use >= 0)
        (void)close(use);
    (void)close(lock);
    return status;
}

/* What no record leads to: contents of before, and downloads that nobody goes on with. */
static kf_status take_out_rest(cache *self, double before)
{
    const kf_value *trees = names_in(self, "trees"), *parts = names_in(self, "partial");
    int lock;
    for (size_t i = 0; i < kf_value_length(trees); i++) {
        const char *digest = kf_value_string(kf_value_at(trees, i));
        kf_status status = KF_OK;
        if (!is_hex(digest, 64) ||
            (double)seconds_of(place(self, "uses", digest)) > before ||
            kf__storage_is_used(&self->job, digest, &lock))
            continue;
        if (!is_known(self, digest))
            status = remove_below(self, "trees", digest);
        (void)close(lock);
        KF__TRY(status);
    }
    for (size_t i = 0; i < kf_value_length(parts); i++) {
        const char *key = kf_value_string(kf_value_at(parts, i));
        if (!is_hex(key, 32) ||
            (double)seconds_of(place(self, "partial", key)) > before ||
            (lock = lock_key(self, key)) < 0)
            continue;
        kf_status status = remove_below(self, "partial", key);
        (void)close(lock);
        KF__TRY(status);
    }
    return KF_OK;
}

static kf_status take_out_all(
    cache *self, const char *key, double before, bool *found, kf_value *removed)
{
    kf_tree *tree = &self->job.tree;
    for (size_t i = 0; i < kf_value_length(self->records); i++) {
        kf_value *record = kf__at(self->records, i);
        const char *own = kf__get_text(record, "key");
        if (key != NULL && !kf__starts_with(own, key))
            continue;
        *found = true;
        const char *digest = kf__get_text(record, "tree");
        if ((double)seconds_of(place(self, "uses", digest)) > before)
            continue;
        kf_status status = take_out(self, own, digest);
        if (status == KF_EBUSY && key != NULL)
            return kf__fail(KF_EBUSY, NULL, "the model %.12s (%.200s) is in use", own,
                kf__get_text(record, "uri"));
        if (status == KF_EBUSY)
            continue;
        KF__TRY(status);
        kf__push(tree, removed, record);
    }
    return kf__tree_status(tree);
}

kf_status kf__storage_clear(
    const char *home, const char *key, double older_than, kf_value **out)
{
    cache self;
    bool found = false;
    kf_value *removed = NULL;
    double before = (double)kf__now_ms() / 1000 - older_than;
    kf_status status = begin(&self, home);
    if (status == KF_OK)
        status = read_records(&self);
    if (status == KF_OK) {
        removed = kf__tree_list(&self.job.tree);
        status = take_out_all(&self, key, before, &found, removed);
    }
    if (status == KF_OK && key != NULL && !found)
        status = kf__fail(KF_ENOENT, NULL, "no model '%.100s' in the cache", key);
    if (status == KF_OK && key == NULL)
        status = take_out_rest(&self, before);
    if (status == KF_OK)
        status = kf_value_dup(removed, out);
    kf__storage_job_finish(&self.job);
    return status;
}
