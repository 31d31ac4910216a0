/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of models. Whoever fetches a URI holds the lock of its key; a tree is put in
 * place by one rename, and a record is written when its tree is there, so that a process
 * killed at any instant leaves at most a partial download. */
#include "serving/storage_job.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/text.h"
#include "io/archive.h"
#include "io/file.h"
#include "io/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum { LOOK_MS = 50, LISTINGS = 3 };

/* ---- places ---- */

static kf_status put_place(
    const kf_storage_job *job, const char *folder, const char *ending, kf_buf *out)
{
    kf__buf_printf(out, "%s/%s/%s%s", job->models, folder, job->key, ending);
    return out->status;
}

static void add_text(kf_sha256 *sha, const char *text)
{
    kf__sha256_update(sha, text, strlen(text) + 1);
}

static void add_patterns(kf_sha256 *sha, const char *const *patterns)
{
    for (; patterns != NULL && *patterns != NULL; patterns++)
        add_text(sha, *patterns);
    add_text(sha, "");
}

static kf_status make_key(kf_storage_job *job)
{
    char hex[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    add_text(&sha, job->uri);
    add_text(&sha, job->identity);
    add_patterns(&sha, job->allow);
    add_patterns(&sha, job->ignore);
    kf__sha256_hex(&sha, hex);
    job->key = kf__arena_strndup(&job->tree.arena, hex, 32);
    return job->key != NULL ? KF_OK : KF_ENOMEM;
}

kf_status kf__storage_staged(
    const kf_storage_job *job, const char *name, const char *version, kf_buf *out)
{
    char hex[65];
    kf_sha256 sha;
    kf__sha256_init(&sha);
    add_text(&sha, name);
    add_text(&sha, version);
    kf__sha256_hex(&sha, hex);
    hex[32] = '\0';
    KF__TRY(put_place(job, "partial", "/files/", out));
    kf__buf_puts(out, hex);
    return out->status;
}

static kf_status make_folder(const kf_storage_job *job, const char *name)
{
    char *path = kf__join_path(job->models, name);
    if (path == NULL)
        return KF_ENOMEM;
    kf_status status = kf__make_folders(path);
    kf__free(path);
    return status;
}

static kf_status make_places(kf_storage_job *job)
{
    kf_buf files = KF__BUF_INIT;
    KF__TRY(make_folder(job, "trees"));
    KF__TRY(make_folder(job, "records"));
    kf_status status = put_place(job, "partial", "/files", &files);
    if (status == KF_OK)
        status = kf__make_folders(files.data);
    kf__buf_finish(&files);
    return status;
}

static kf_status remove_partial(kf_storage_job *job, const char *below)
{
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "partial/%s%s", job->key, below);
    kf_status status = path.status;
    if (status == KF_OK)
        status = kf__remove_tree_below(job->models, path.data);
    kf__buf_finish(&path);
    return status;
}

/* ---- the lock ---- */

static kf_status wait_for_lock(const kf_storage_job *job, int fd)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return kf__file_fail(job->key, "lock");
        if (kf__storage_canceled(job))
            return kf__fail(KF_ECANCELED, NULL,
                "while another process downloads %s, it was canceled", job->shown);
        kf__sleep_ms(LOOK_MS);
    }
    return KF_OK;
}

/* A lock of an open file also keeps out threads of this process, and ends with it. */
static kf_status take_lock(const kf_storage_job *job, int *out)
{
    kf_buf path = KF__BUF_INIT;
    kf_status status = put_place(job, "records", ".lock", &path);
    int fd = -1;
    if (status == KF_OK) {
        fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        status = fd >= 0 ? wait_for_lock(job, fd) : kf__file_fail(path.data, "open");
    }
    kf__buf_finish(&path);
    if (status != KF_OK && fd >= 0)
        (void)close(fd);
    if (status == KF_OK)
        *out = fd;
    return status;
}

/* ---- records ---- */

static bool is_digest(const char *text)
{
    return text != NULL && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static kf_status put_tree(const kf_storage_job *job, const char *digest, kf_buf *out)
{
    kf__buf_printf(out, "%s/trees/%s", job->models, digest);
    return out->status;
}

/* A record that cannot be read, or whose tree is gone, is none. */
static kf_status read_record(kf_storage_job *job)
{
    kf_buf path = KF__BUF_INIT, text = KF__BUF_INIT, tree = KF__BUF_INIT;
    kf_value *record = NULL;
    kf_status status = put_place(job, "records", ".json", &path);
    if (status == KF_OK)
        status = kf__file_read_plain(path.data, KF__LIMIT_DOCUMENT_BYTES, &text);
    if (status == KF_OK)
        status = kf__json_read(&job->tree, text.data, text.length, &record);
    const char *digest = status == KF_OK && kf__is(record, KF_KIND_STRUCT)
                             ? kf__get_text(record, "tree")
                             : NULL;
    job->record = NULL;
    if (is_digest(digest)) {
        status = kf__storage_use(job, digest);
        if (status == KF_OK)
            status = put_tree(job, digest, &tree);
        if (status == KF_OK && kf__is_folder(tree.data))
            job->record = record;
    }
    kf__buf_finish(&path);
    kf__buf_finish(&text);
    kf__buf_finish(&tree);
    return status == KF_ENOMEM ? status : KF_OK;
}

const kf_value *kf__storage_recorded(
    const kf_storage_job *job, const kf_storage_object *object)
{
    const kf_value *files = kf_value_get(job->record, "files");
    const kf_value *file = kf_value_get(files, object->name);
    const char *version = kf__get_text(file, "version");
    return version != NULL && object->version != NULL &&
                   strcmp(version, object->version) == 0
               ? file
               : NULL;
}

static bool is_unchanged(const kf_storage_job *job)
{
    const kf_value *files = kf_value_get(job->record, "files");
    if (job->record == NULL || kf_value_length(files) != job->objects.count)
        return false;
    for (size_t i = 0; i < job->objects.count; i++) {
        if (kf__storage_recorded(job, &job->objects.items[i]) == NULL)
            return false;
    }
    return true;
}

static kf_status write_record(
    const kf_storage_job *job, const char *digest, bool unpacked)
{
    kf_tree tree = KF__TREE_INIT;
    kf_buf path = KF__BUF_INIT, text = KF__BUF_INIT;
    kf_value *record = kf__tree_struct(&tree);
    kf__put_text(&tree, record, "uri", job->shown);
    kf__put_text(&tree, record, "tree", digest);
    kf__put_bool(&tree, record, "unpacked", unpacked);
    kf_value *files = kf__put_struct(&tree, record, "files");
    for (size_t i = 0; i < job->objects.count; i++) {
        const kf_storage_object *object = &job->objects.items[i];
        kf_value *file = kf__put_struct(&tree, files, object->name);
        if (object->version != NULL)
            kf__put_text(&tree, file, "version", object->version);
    }
    kf__put_json(&text, record, KF_JSON_INDENTED);
    kf_status status = put_place(job, "records", ".json", &path);
    if (status == KF_OK)
        status = kf__tree_status(&tree) != KF_OK ? kf__tree_status(&tree) : text.status;
    if (status == KF_OK)
        status = kf__file_write(path.data, text.data, text.length);
    kf__tree_finish(&tree);
    kf__buf_finish(&path);
    kf__buf_finish(&text);
    return status;
}

/* ---- from staged files to a tree ---- */

static kf_status place_file(
    kf_storage_job *job, const kf_storage_object *object, const char *tree)
{
    kf_buf staged = KF__BUF_INIT;
    char *path = kf__join_path(tree, object->name);
    kf_status status = path != NULL ? KF_OK : KF_ENOMEM;
    if (status == KF_OK)
        status = kf__storage_staged(job, object->name, object->version, &staged);
    if (status == KF_OK)
        status = kf__make_parent_folders(path);
    if (status == KF_OK && rename(staged.data, path) != 0)
        status = kf__file_fail(path, "create");
    kf__buf_finish(&staged);
    kf__free(path);
    return status;
}

static kf_status place_all(kf_storage_job *job, const char *tree)
{
    KF__TRY(kf__make_folders(tree));
    for (size_t i = 0; i < job->objects.count; i++)
        KF__TRY(place_file(job, &job->objects.items[i], tree));
    return KF_OK;
}

/* The single file of the source is unpacked where its name says that it can be. */
static kf_archive_kind kind_of(const kf_storage_job *job)
{
    if (job->objects.count != 1)
        return KF_ARCHIVE_NONE;
    kf_archive_kind kind = kf__archive_kind(job->objects.items[0].name);
    return kind == KF_ARCHIVE_GZIP && !job->gunzip ? KF_ARCHIVE_NONE : kind;
}

static kf_status gunzip(kf_storage_job *job, const char *packed, const char *tree)
{
    const kf_archive_options options = {
        .cancel = job->options->cancel, .name = job->uri};
    const char *name = strrchr(job->objects.items[0].name, '/');
    name = name != NULL ? name + 1 : job->objects.items[0].name;
    kf_buf path = KF__BUF_INIT;
    KF__TRY(kf__make_folders(tree));
    kf__buf_printf(&path, "%s/%.*s", tree, (int)(strlen(name) - strlen(".gz")), name);
    kf_status status = path.status;
    if (status == KF_OK)
        status = kf__archive_gunzip(packed, path.data, &options);
    kf__buf_finish(&path);
    return status;
}

static kf_status unpack(kf_storage_job *job, kf_archive_kind kind, const char *tree)
{
    const kf_archive_options options = {
        .cancel = job->options->cancel, .name = job->uri};
    const kf_storage_object *object = &job->objects.items[0];
    kf_buf staged = KF__BUF_INIT;
    kf_status status = KF_OK;
    if (object->path != NULL)
        kf__buf_puts(&staged, object->path);
    else
        status = kf__storage_staged(job, object->name, object->version, &staged);
    if (status == KF_OK)
        status = staged.status;
    if (status == KF_OK)
        status = kind == KF_ARCHIVE_GZIP
                     ? gunzip(job, staged.data, tree)
                     : kf__archive_unpack(staged.data, tree, &options);
    kf__buf_finish(&staged);
    return status;
}

/* Two sources with the same content share a tree. */
static kf_status put_in_place(kf_storage_job *job, const char *tree, char digest[65])
{
    kf_buf path = KF__BUF_INIT;
    KF__TRY(kf__digest_path(tree, digest, NULL));
    KF__TRY(kf__storage_use(job, digest));
    kf_status status = put_tree(job, digest, &path);
    if (status == KF_OK && rename(tree, path.data) != 0 && !kf__is_folder(path.data))
        status = kf__file_fail(path.data, "create");
    kf__buf_finish(&path);
    return status;
}

static kf_status build_tree(kf_storage_job *job)
{
    char digest[65];
    kf_archive_kind kind = kind_of(job);
    kf_buf tree = KF__BUF_INIT;
    kf_status status = remove_partial(job, "/tree");
    if (status == KF_OK)
        status = put_place(job, "partial", "/tree", &tree);
    if (status == KF_OK)
        status = kind != KF_ARCHIVE_NONE ? unpack(job, kind, tree.data)
                                         : place_all(job, tree.data);
    if (status == KF_OK)
        status = put_in_place(job, tree.data, digest);
    if (status == KF_OK)
        status = write_record(job, digest, kind != KF_ARCHIVE_NONE);
    kf__buf_finish(&tree);
    return status;
}

/* ---- fetching ---- */

static kf_status old_tree(const kf_storage_job *job, kf_buf *out)
{
    if (job->record == NULL || kf_value_bool(kf_value_get(job->record, "unpacked")))
        return KF_OK;
    return put_tree(job, kf__get_text(job->record, "tree"), out);
}

static kf_status bring(kf_storage_job *job)
{
    kf_buf old = KF__BUF_INIT;
    if (is_unchanged(job))
        return KF_OK;
    kf_status status = old_tree(job, &old);
    if (status == KF_OK)
        status = kf__storage_download(job, old.length > 0 ? old.data : NULL);
    kf__buf_finish(&old);
    if (status == KF_OK)
        status = build_tree(job);
    if (status == KF_OK)
        status = remove_partial(job, "");
    return status == KF_OK ? read_record(job) : status;
}

/* What was listed may be replaced while it is downloaded: it is listed again then. */
static kf_status ask(kf_storage_job *job, kf_status (*list)(kf_storage_job *job))
{
    for (int listings = 1;; listings++) {
        job->objects.count = 0;
        atomic_store(&job->changed, false);
        KF__TRY(list(job));
        if (job->objects.count == 0)
            return kf__fail(KF_ENOENT, NULL, "%s: there is no model%s", job->shown,
                job->allow != NULL || job->ignore != NULL
                    ? " that the patterns let pass"
                    : "");
        kf_status status = bring(job);
        if (status == KF_OK || !atomic_load(&job->changed) || listings == LISTINGS)
            return status;
    }
}

static kf_status ask_or_use_cached(
    kf_storage_job *job, kf_status (*list)(kf_storage_job *job))
{
    if (job->record != NULL && job->options->policy == KF_STORAGE_CACHED)
        return KF_OK;
    kf_status status = ask(job, list);
    if (status == KF_OK || job->record == NULL || !job->unreachable ||
        (status != KF_EIO && status != KF_ETIMEOUT))
        return status;
    kf__log(KF_LOG_WARNING, "%s: what is cached is used, because %s", job->shown,
        kf_last_error()->message);
    return KF_OK;
}

static kf_status fetch_locked(
    kf_storage_job *job, kf_status (*list)(kf_storage_job *job), kf_buf *tree)
{
    KF__TRY(read_record(job));
    KF__TRY(ask_or_use_cached(job, list));
    if (job->record == NULL)
        return kf__fail(KF_EIO, NULL, "the record of %s vanished", job->shown);
    return put_tree(job, kf__get_text(job->record, "tree"), tree);
}

kf_status kf__storage_cached(
    kf_storage_job *job, kf_status (*list)(kf_storage_job *job), char **path)
{
    int lock = -1;
    kf_buf tree = KF__BUF_INIT;
    KF__TRY(kf__storage_home(job));
    KF__TRY(make_key(job));
    KF__TRY(make_places(job));
    KF__TRY(take_lock(job, &lock));
    kf_status status = fetch_locked(job, list, &tree);
    (void)close(lock);
    if (status == KF_OK && job->options->lease != NULL)
        status = kf__storage_lease_move(&job->uses, job->options->lease);
    if (status == KF_OK)
        status = kf__buf_take(&tree, path);
    kf__buf_finish(&tree);
    return status;
}
