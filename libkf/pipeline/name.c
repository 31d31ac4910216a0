/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tasks and groups. */
#include "base/error.h"
#include "base/text.h"
#include "pipeline/pipeline.h"

static kf_status take(
    kf_pipeline *pipeline, const char *name, kf_task_id task, const char **out)
{
    KF__TRY(kf__vec_push(&pipeline->name_uses, ((kf_name){.next = 2, .task = task})));
    kf_status status =
        kf__map_set_index(&pipeline->names, name, pipeline->name_uses.count - 1);
    if (status != KF_OK) {
        pipeline->name_uses.count--;
        return status;
    }
    *out = name;
    return KF_OK;
}

kf_status kf__name_take(
    kf_pipeline *pipeline, const char *base, kf_task_id task, const char **out)
{
    kf_arena *arena = &pipeline->tree.arena;
    size_t at;
    if (!kf__map_find_index(&pipeline->names, base, &at)) {
        const char *name = kf__arena_strdup(arena, base);
        return name == NULL ? KF_ENOMEM : take(pipeline, name, task, out);
    }
    /* What was taken once stays taken, so it need not be tried again. */
    for (uint32_t index = pipeline->name_uses.items[at].next;; index++) {
        const char *name = kf__arena_printf(arena, "%s-%u", base, index);
        if (name == NULL)
            return KF_ENOMEM;
        if (kf__map_has(&pipeline->names, name))
            continue;
        KF__TRY(take(pipeline, name, task, out));
        pipeline->name_uses.items[at].next = index + 1;
        return KF_OK;
    }
}

void kf__name_give_back(kf_pipeline *pipeline, const char *base)
{
    size_t at;
    kf__map_drop_last(&pipeline->names);
    pipeline->name_uses.count--;
    if (kf__map_find_index(&pipeline->names, base, &at))
        pipeline->name_uses.items[at].next--;
}

kf_task_id kf__name_task(const kf_pipeline *pipeline, const char *name, size_t length)
{
    void *at;
    if (!kf__map_find(&pipeline->names, name, length, &at))
        return KF__NONE;
    return pipeline->name_uses.items[(size_t)(uintptr_t)at].task;
}

/* ---- names that are not there ---- */

typedef struct io_names {
    const kf_io *items;
    size_t count;
} io_names;

static const char *next_io_name(const void *state, size_t index)
{
    const io_names *names = state;
    return index < names->count ? names->items[index].name : NULL;
}

kf_status kf__fail_unknown_io(const char *owner, const char *what, const char *name,
    const kf_io *items, size_t count)
{
    io_names names = {.items = items, .count = count};
    const char *nearest = kf__nearest(name, next_io_name, &names);
    if (nearest != NULL)
        return kf__fail(KF_ENOENT, NULL,
            "component \"%s\" has no %s \"%s\"; did you mean \"%s\"?", owner, what,
            name, nearest);
    if (count == 0)
        return kf__fail(KF_ENOENT, NULL,
            "component \"%s\" has no %s \"%s\": it has none at all", owner, what, name);
    kf_buf list = KF__BUF_INIT;
    for (size_t i = 0; i < count; i++)
        kf__buf_printf(&list, "%s\"%s\"", i > 0 ? ", " : "", items[i].name);
    kf_status status =
        kf__fail(KF_ENOENT, NULL, "component \"%s\" has no %s \"%s\": it has %s", owner,
            what, name, kf__buf_text(&list));
    kf__buf_finish(&list);
    return status;
}
