/* SPDX-License-Identifier: Apache-2.0 */
#include "search/trial_collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/file.h"
#include "io/json.h"
#include "search/event.h"

enum {
    READ_BYTES = 65536,
    READS_AT_A_TIME = 64,
    FOLDER_DEPTH = 8,
    MOST_FILES = 1000,
    TEXT_BYTES = 1 << 20
};

struct kf_tail {
    kf_collector *owner;
    char *path;
    const char *folder; /* Below the collector's path. */
    off_t offset;
    kf_event_reader *reader; /* NULL: text. */
    bool broken;
};

/* ---- records ---- */

static const char *metric_name(const kf_collector *self, size_t index)
{
    return kf_experiment_metric_at(self->slot->tune->experiment, index)->name;
}

static size_t metric_count(const kf_collector *self)
{
    return kf_experiment_metric_count(self->slot->tune->experiment);
}

/* The first thing that could not be read, in case there are no metrics. */
static void remark(kf_collector *self, const char *text)
{
    kf_slot *slot = self->slot;
    if (slot->remark == NULL)
        slot->remark = kf__arena_strdup(&slot->tree.arena, text);
}

static void take_note(void *payload, int64_t line, const char *message)
{
    kf_collector *self = payload;
    char text[400];
    (void)snprintf(text, sizeof text, "line %lld: %s", (long long)line, message);
    remark(self, text);
}

static const char *kept_text(kf_slot *slot, const kf_metric_record *record)
{
    size_t length = record->text != NULL ? strlen(record->text) : 0;
    if (!slot->tune->takes_text || length == 0 || !isnan(record->value) ||
        slot->texts + length > TEXT_BYTES)
        return NULL;
    slot->texts += length;
    return kf__arena_strndup(&slot->tree.arena, record->text, length);
}

static kf_status take_record(void *payload, const kf_metric_record *record)
{
    kf_collector *self = payload;
    for (size_t i = 0; i < metric_count(self); i++)
        if (strcmp(metric_name(self, i), record->name) == 0)
            kf__slot_push(self->slot, &(kf_note){i, -1, record->time_ns, record->value,
                                          kept_text(self->slot, record)});
    return KF_OK;
}

static kf_status take_scalar(void *payload, const kf_event_scalar *scalar)
{
    kf_tail *tail = payload;
    kf_collector *self = tail->owner;
    for (size_t i = 0; i < metric_count(self); i++)
        if (kf__event_is_metric(metric_name(self, i), tail->folder, scalar->tag))
            kf__slot_push(self->slot,
                &(kf_note){i, scalar->step, scalar->time_ns, scalar->value, NULL});
    return KF_OK;
}

/* A line of kf.search.report: {"step": …, "metrics": {name: number}}. */
static void take_push(kf_collector *self, const char *line, size_t length)
{
    kf_tree tree = KF__TREE_INIT;
    kf_value *read;
    kf_status status = kf__json_read(&tree, line, length, &read);
    if (status == KF_OK) {
        const kf_value *step = kf_value_get(read, "step");
        const kf_value *metrics = kf_value_get(read, "metrics");
        for (size_t i = 0; i < metric_count(self); i++) {
            const kf_value *value = kf_value_get(metrics, metric_name(self, i));
            if (value == NULL)
                continue;
            bool number = kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE);
            kf__slot_push(self->slot,
                &(kf_note){i, kf__is(step, KF_KIND_INT) ? kf_value_int(step) : -1,
                    KF__NO_TIME, number ? kf_value_double(value) : (double)NAN, NULL});
        }
    } else {
        self->slot->lossy |= status == KF_ENOMEM;
        kf_clear_error();
    }
    kf__tree_finish(&tree);
}

/* ---- files ---- */

static void tail_free(kf_tail *tail)
{
    kf__event_reader_free(tail->reader);
    kf__free(tail->path);
    kf__free(tail);
}

/* Tags may begin with the folder that the file is in, below the collector's path. */
static kf_status open_events(kf_tail *tail)
{
    size_t base = strlen(tail->owner->path);
    const char *slash = strrchr(tail->path, '/');
    tail->folder = "";
    if (slash != NULL && (size_t)(slash - tail->path) > base)
        tail->folder = kf__arena_strndup(&tail->owner->slot->tree.arena,
            tail->path + base + 1, (size_t)(slash - tail->path) - base - 1);
    if (tail->folder == NULL)
        return kf__nomem();
    return kf__event_reader_new(take_scalar, tail, &tail->reader);
}

/* NULL: there are too many, or no memory. */
static kf_tail *add_tail(kf_collector *self, const char *path)
{
    for (size_t i = 0; i < self->tails.count; i++)
        if (strcmp(self->tails.items[i]->path, path) == 0)
            return self->tails.items[i];
    if (self->tails.count >= MOST_FILES)
        return NULL;
    kf_tail *tail = kf__calloc(1, sizeof *tail);
    if (tail == NULL) {
        self->slot->lossy = true;
        return NULL;
    }
    tail->owner = self;
    tail->path = kf__strdup(path);
    bool lost = tail->path == NULL || kf__vec_push(&self->tails, tail) != KF_OK;
    if (!lost && self->source == KF__SOURCE_EVENTS && open_events(tail) != KF_OK) {
        self->tails.count--;
        lost = true;
    }
    if (lost) {
        self->slot->lossy = true;
        tail_free(tail);
        return NULL;
    }
    return tail;
}

/* Lines that have ended; gives how much of it they are. */
static size_t push_lines(kf_collector *self, const char *data, size_t length)
{
    size_t done = 0;
    for (;;) {
        const char *end = memchr(data + done, '\n', length - done);
        if (end == NULL)
            return done;
        take_push(self, data + done, (size_t)(end - data) - done);
        done = (size_t)(end - data) + 1;
    }
}

/* `last`: what has no line break at its end is a line as well. */
static size_t feed_pushes(
    kf_collector *self, const char *data, size_t length, bool last)
{
    size_t used = push_lines(self, data, length);
    if (used < length && last)
        take_push(self, data + used, length - used);
    bool too_long = used == 0 && length == READ_BYTES; /* No line is so long. */
    return too_long || last ? length : used;
}

static kf_status feed_file(
    kf_tail *tail, const char *data, size_t length, bool last, size_t *used)
{
    kf_collector *self = tail->owner;
    *used = length;
    if (self->source == KF__SOURCE_FILE)
        return kf__metric_parser_feed(self->parser, data, length);
    if (self->source == KF__SOURCE_PUSH) {
        *used = feed_pushes(self, data, length, last && length < READ_BYTES);
        return KF_OK;
    }
    if (kf__event_reader_feed(tail->reader, data, length) != KF_OK) {
        tail->broken = true;
        remark(self, kf_last_error()->message);
        kf_clear_error();
    }
    return KF_OK;
}

static int open_regular(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || (fstat(fd, &info) == 0 && S_ISREG(info.st_mode)))
        return fd;
    (void)close(fd);
    return -1;
}

/* Some of it at a time where it may still grow, so that who asks us to stop is heard. */
static kf_status read_tail(kf_tail *tail, bool last)
{
    int fd = open_regular(tail->path);
    if (fd < 0)
        return KF_OK;
    char *block = kf__calloc(1, READ_BYTES);
    kf_status status = block == NULL ? kf__nomem() : KF_OK;
    for (int left = READS_AT_A_TIME; status == KF_OK && !tail->broken && left > 0;) {
        size_t used = 0;
        ssize_t count = pread(fd, block, READ_BYTES, tail->offset);
        if (count <= 0 || kf__slot_is_to_stop(tail->owner->slot))
            break;
        status = feed_file(tail, block, (size_t)count, last, &used);
        tail->offset += (off_t)used;
        if (used == 0)
            break;
        left -= !last;
    }
    (void)close(fd);
    kf__free(block);
    return status;
}

static kf_status walk(kf_collector *self, const char *folder, int depth)
{
    DIR *dir = depth > 0 ? opendir(folder) : NULL;
    kf_status status = KF_OK;
    if (dir == NULL)
        return KF_OK;
    for (struct dirent *entry; status == KF_OK && (entry = readdir(dir)) != NULL;) {
        struct stat info;
        if (entry->d_name[0] == '.')
            continue;
        char *path = kf__join_path(folder, entry->d_name);
        if (path == NULL)
            status = kf__nomem();
        else if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode))
            status = walk(self, path, depth - 1);
        else if (strstr(entry->d_name, "tfevents") != NULL)
            (void)add_tail(self, path);
        kf__free(path);
    }
    (void)closedir(dir);
    return status;
}

static kf_status look(kf_collector *self, bool last)
{
    if (self->source == KF__SOURCE_EVENTS && kf__is_folder(self->path))
        KF__TRY(walk(self, self->path, FOLDER_DEPTH));
    else if (self->path != NULL && self->source != KF__SOURCE_PRINTED)
        (void)add_tail(self, self->path);
    for (size_t i = 0; i < self->tails.count; i++)
        KF__TRY(read_tail(self->tails.items[i], last));
    return KF_OK;
}

kf_status kf__collector_look(kf_collector *self)
{
    return look(self, false);
}

kf_status kf__collector_read(kf_collector *self, const char *path, bool last)
{
    if (!kf__file_exists(path))
        return KF_OK;
    kf_tail *tail = add_tail(self, path);
    return tail == NULL ? KF_OK : read_tail(tail, last);
}

kf_status kf__collector_feed(kf_collector *self, const void *data, size_t length)
{
    return self->source == KF__SOURCE_PRINTED
               ? kf__metric_parser_feed(self->parser, data, length)
               : KF_OK;
}

kf_status kf__collector_finish(kf_collector *self)
{
    if (self->source != KF__SOURCE_PRINTED)
        KF__TRY(look(self, true));
    return self->parser == NULL ? KF_OK : kf__metric_parser_finish(self->parser);
}

/* ---- opening ---- */

static kf_source source_of(const char *kind)
{
    static const struct {
        const char *kind;
        kf_source source;
    } known[] = {{"StdOut", KF__SOURCE_PRINTED}, {"File", KF__SOURCE_FILE},
        {"TensorFlowEvent", KF__SOURCE_EVENTS}, {"Push", KF__SOURCE_PUSH}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].kind, kind) == 0)
            return known[i].source;
    return KF__SOURCE_NONE;
}

static kf_status open_parser(kf_collector *self, const kf_value *source)
{
    const kf_value *file = kf_value_get(source, "fileSystemPath");
    size_t count = metric_count(self);
    self->names =
        kf__arena_alloc(&self->slot->tree.arena, (count + 1) * sizeof *self->names);
    if (self->names == NULL)
        return kf__nomem();
    for (size_t i = 0; i < count; i++)
        self->names[i] = metric_name(self, i);
    bool json = self->source == KF__SOURCE_FILE &&
                kf__equals_text(kf_value_get(file, "format"), "JSON");
    const kf_metric_parser_options options = {
        .format = json ? KF__METRIC_JSON : KF__METRIC_TEXT,
        .filters = kf_value_get(kf_value_get(source, "filter"), "metricsFormat"),
        .names = self->names,
        .name_count = count,
        .sink = take_record,
        .note = take_note,
        .payload = self};
    return kf__metric_parser_new(&options, &self->parser);
}

kf_status kf__collector_check(const kf_experiment *experiment)
{
    const char *kind = kf_experiment_collector_kind(experiment);
    if (kind == NULL || source_of(kind) != KF__SOURCE_NONE)
        return KF_OK;
    return kf__fail(KF_EUNSUPPORTED, "spec.metricsCollectorSpec.collector.kind",
        "a collector of kind '%.100s' needs a cluster: expected StdOut, File, "
        "TensorFlowEvent or Push",
        kind);
}

static kf_status open_in(kf_collector *self)
{
    const kf_experiment *experiment = self->slot->tune->experiment;
    const kf_value *source =
        kf_value_get(kf_experiment_collector(experiment), "source");
    const char *kind = kf_experiment_collector_kind(experiment);
    KF__TRY(kf__collector_check(experiment));
    self->source = source_of(kind != NULL ? kind : "StdOut");
    if (self->source == KF__SOURCE_PRINTED)
        return open_parser(self, source);
    const char *name = "pushed.jsonl";
    if (self->source != KF__SOURCE_PUSH) {
        self->given = kf__get_text(kf_value_get(source, "fileSystemPath"), "path");
        const char *slash = self->given != NULL ? strrchr(self->given, '/') : NULL;
        name = slash != NULL && slash[1] != '\0' ? slash + 1 : "metrics";
    }
    self->path = kf__arena_printf(
        &self->slot->tree.arena, "%s/metrics/%s", self->slot->folder, name);
    if (self->path == NULL)
        return kf__nomem();
    /* As it is mounted in a pod: the folder of a file, or of event files, is there. */
    KF__TRY(self->source == KF__SOURCE_EVENTS ? kf__make_folders(self->path)
                                              : kf__make_parent_folders(self->path));
    return self->source == KF__SOURCE_FILE ? open_parser(self, source) : KF_OK;
}

kf_status kf__collector_open(kf_slot *slot, kf_collector *out)
{
    *out = (kf_collector){.slot = slot};
    kf_status status = open_in(out);
    if (status != KF_OK)
        kf__collector_close(out);
    return status;
}

void kf__collector_close(kf_collector *self)
{
    for (size_t i = 0; i < self->tails.count; i++)
        tail_free(self->tails.items[i]);
    kf__vec_finish(&self->tails);
    kf__metric_parser_free(self->parser);
    self->parser = NULL;
}

/* ---- paths ---- */

static bool goes_on(char character)
{
    return (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || strchr("_-.", character) != NULL;
}

/* How much of the text is the path that the document gives; 0: it is none. */
static size_t given_at(const char *text, const char *at, const char *given)
{
    size_t length = given != NULL ? strlen(given) : 0;
    while (length > 1 && given[length - 1] == '/')
        length--;
    bool begins = at == text || (!goes_on(at[-1]) && at[-1] != '/');
    bool found = length > 1 && begins && strncmp(at, given, length) == 0 &&
                 (at[length] == '\0' || !goes_on(at[length]));
    return found ? length : 0;
}

kf_status kf__place(const kf_place *places, size_t count, const char *text,
    kf_arena *arena, const char **out)
{
    kf_buf buf = KF__BUF_INIT;
    for (const char *at = text; *at != '\0';) {
        size_t used = 0;
        for (size_t i = 0; i < count && used == 0; i++) {
            used = given_at(text, at, places[i].given);
            if (used > 0)
                kf__buf_puts(&buf, places[i].path);
        }
        if (used == 0)
            kf__buf_putc(&buf, *at);
        at += used > 0 ? used : 1;
    }
    *out = kf__arena_strndup(arena, kf__buf_text(&buf), buf.length);
    bool lost = buf.status != KF_OK || *out == NULL;
    kf__buf_finish(&buf);
    return lost ? kf__nomem() : KF_OK;
}
