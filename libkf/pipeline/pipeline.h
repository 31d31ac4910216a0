/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a pipeline that is being built: tasks in groups, and the channels
 * between them. Everything but the tables lives in the arena of `tree`; ids are places
 * in the tables. */
#ifndef KF_PIPELINE_PIPELINE_H
#define KF_PIPELINE_PIPELINE_H

#include <kf/pipeline.h>

#include "base/map.h"
#include "base/value.h"
#include "base/vec.h"
#include "pipeline/component.h"
#include "pipeline/document.h"
#include "pipeline/pairs.h"

#define KF__NONE (-1) /* No task, group, channel or condition. */
#define KF__ROOT 0    /* The group that is the pipeline itself. */

typedef enum kf_channel_kind {
    KF__CHANNEL_INPUT,     /* An input of the pipeline. */
    KF__CHANNEL_OUTPUT,    /* An output of a task. */
    KF__CHANNEL_ITEM,      /* The item of a loop. */
    KF__CHANNEL_MEMBER,    /* A member of an item. */
    KF__CHANNEL_COLLECTED, /* All values of an output that is made in a loop. */
    KF__CHANNEL_ONE_OF,    /* The output of whichever branch ran. */
    KF__CHANNEL_SURFACED /* Lowering: an output as a group around its task hands it on.
                          */
} kf_channel_kind;

typedef struct kf_channel {
    kf_channel_kind kind;
    kf_type type;               /* KF_TYPE_NONE: an artifact. */
    bool is_list;               /* Artifacts. */
    bool loose;                 /* An item or member whose type nobody told. */
    const char *schema_title;   /* Artifacts; else NULL. */
    const char *schema_version; /* Artifacts; else NULL. */
    const char *type_text;      /* As in kf_io_options; or NULL. */
    const char *owner; /* Task or group whose output it is or stems from; or NULL. */
    const char *name;  /* The input, the output, or an item's or member's own name. */
    const char *key;   /* KF__CHANNEL_MEMBER: of the item. */
    kf_task_id task;   /* KF__CHANNEL_OUTPUT. */
    kf_group_id home;  /* Where it can be read, and in the groups below. */
    kf_group_id group; /* KF__CHANNEL_ONE_OF and _SURFACED: whose output it is. */
    kf_channel_id source; /* _ITEM: what the loop goes over, or none; _MEMBER: the item;
                             _COLLECTED: the output; _SURFACED: the output. */
    const kf_channel_id *choices; /* KF__CHANNEL_ONE_OF. */
    size_t choice_count;
    const char *text; /* As kf_pipeline_channel_text gives it; NULL until asked for. */
} kf_channel;

typedef enum kf_argument_kind {
    KF__ARGUMENT_NONE,
    KF__ARGUMENT_CHANNEL,
    KF__ARGUMENT_LIST,
    KF__ARGUMENT_CONSTANT
} kf_argument_kind;

typedef struct kf_argument {
    kf_argument_kind kind;
    bool embeds;             /* A constant with text in which channels are embedded. */
    kf_channel_id channel;   /* KF__ARGUMENT_CHANNEL. */
    uint32_t channel_count;  /* KF__ARGUMENT_LIST. */
    kf_channel_id *channels; /* KF__ARGUMENT_LIST. */
    kf_value *constant;      /* KF__ARGUMENT_CONSTANT. */
} kf_argument;

#define KF__RESOURCES (KF_RESOURCE_ACCELERATOR_COUNT + 1)

/* What a task has beyond its arguments. */
typedef struct kf_settings {
    const char *display_name;
    bool caching_is_off;
    const char *cache_key;
    bool has_retry;
    kf_retry retry;
    kf_value *env; /* List of {name, value}. */
    const char *image;
    const char *resources[KF__RESOURCES];
    bool has_resources;
    bool ignores_failure;
    kf_value *platforms; /* Struct: platform to configuration. */
} kf_settings;

typedef struct kf_after {
    struct kf_after *next;
    kf_task_id task;   /* Or none, */
    kf_group_id group; /* and then this. */
} kf_after;

typedef struct kf_task {
    const char *name;
    int32_t body; /* Place in the pipeline's bodies. */
    kf_group_id group;
    kf_group_id exit_of;    /* The exit handler whose exit task it is; or none. */
    kf_task_id next;        /* In the group, exit tasks among them; or none. */
    kf_argument *arguments; /* One for each input of the component. */
    kf_channel_id *outputs; /* One for each output, or none; NULL until asked for. */
    kf_after *after;
    kf_settings *settings; /* Or NULL. */
} kf_task;

typedef enum kf_group_kind {
    KF__GROUP_ROOT,
    KF__GROUP_IF,
    KF__GROUP_ELIF,
    KF__GROUP_ELSE,
    KF__GROUP_BRANCHES, /* Around an if that an elif or else follows. */
    KF__GROUP_LOOP,
    KF__GROUP_EXIT
} kf_group_kind;

typedef struct kf_group {
    kf_group_kind kind;
    const char *name;
    const char *display_name; /* Or NULL. */
    int number;               /* At the end of the name. */
    kf_group_id parent;
    kf_group_id first_child, last_child, next, previous; /* Siblings; or none. */
    kf_task_id first_task, last_task;
    kf_condition_id condition; /* _IF, _ELIF. */
    kf_channel_id items;       /* _LOOP: what it goes over, or none, */
    kf_value *constant_items;  /* and then this. */
    kf_channel_id item;        /* _LOOP. */
    int parallelism;           /* _LOOP. */
    kf_task_id exit_task;      /* _EXIT. */
    int choices;               /* _BRANCHES: how many one-of channels there are. */
} kf_group;

typedef enum kf_condition_kind {
    KF__CONDITION_COMPARE,
    KF__CONDITION_AND,
    KF__CONDITION_OR,
    KF__CONDITION_NOT
} kf_condition_kind;

typedef struct kf_condition {
    kf_condition_kind kind;
    kf_compare comparison;
    kf_operand operands[2];   /* KF__CONDITION_COMPARE; values are in the arena. */
    kf_condition_id parts[2]; /* The others. */
    int depth;
} kf_condition;

/* Who has a name: tasks and groups share one space of names. */
typedef struct kf_name {
    uint32_t next; /* The index to try first for another of this name. */
    kf_task_id task;
} kf_name;

struct kf_pipeline {
    kf_component *interface; /* Name, description, inputs and outputs. */
    kf_tree tree;
    const char *display_name;
    const char *pipeline_root;
    const char *comment; /* A description for the header comment alone; or NULL. */
    kf_value *config;    /* pipelineConfig, or NULL. */
    KF__VEC(kf_channel) channels;
    KF__VEC(kf_channel_id) inputs;  /* Of the interface's inputs. */
    KF__VEC(kf_channel_id) outputs; /* Of the interface's outputs, or none. */
    KF__VEC(kf_task) tasks;
    KF__VEC(kf_group) groups;
    KF__VEC(kf_condition) conditions;
    KF__VEC(kf_component_body *) bodies; /* A reference to each. */
    kf_pairs body_places;
    int32_t last_body;
    kf_map names; /* Of tasks and groups, to places in name_uses. */
    KF__VEC(kf_name) name_uses;
    /* Items, members, collected and one-of channels are found by their full names: the
     * newest of that name, and the one of that name and home. */
    kf_map derived; /* To places in derived_newest. */
    KF__VEC(kf_channel_id) derived_newest;
    kf_pairs derived_at; /* (that place, home) */
    kf_group_id current;
    int group_count; /* KFP's counter of group ids. */
    bool is_document;
    kf_document document; /* Of a pipeline that was read. */
};

typedef kf_status (*kf_channel_visit)(kf_channel_id channel, void *payload);

static inline kf_component_body *kf__task_body(
    const kf_pipeline *pipeline, const kf_task *task)
{
    return pipeline->bodies.items[task->body];
}

/* ---- pipeline.c ---- */

/* KF_ESTATE if the pipeline was read from a document and so cannot be built on. */
kf_status kf__pipeline_building(const kf_pipeline *pipeline);
bool kf__pipeline_has_task(const kf_pipeline *pipeline, kf_task_id task);
bool kf__pipeline_has_group(const kf_pipeline *pipeline, kf_group_id group);
bool kf__pipeline_has_channel(const kf_pipeline *pipeline, kf_channel_id channel);
/* What failed in the pipeline's tree since last asked; the tree goes on. */
kf_status kf__pipeline_settle(kf_pipeline *pipeline);
/* A copy of the text in the arena; NULL gives NULL, a failure shows at settling. */
const char *kf__pipeline_keep(kf_pipeline *pipeline, const char *text);

/* ---- name.c ---- */

/* Take `base` or, if it is taken, the first free one of base-2, base-3, … (KFP:
 * make_name_unique_by_adding_index), in constant time. `task`: whose it is, or none. */
kf_status kf__name_take(
    kf_pipeline *pipeline, const char *base, kf_task_id task, const char **out);
/* Undo the last taking, which was for `base`. */
void kf__name_give_back(kf_pipeline *pipeline, const char *base);
/* The task of that name, or none. */
kf_task_id kf__name_task(const kf_pipeline *pipeline, const char *name, size_t length);
/* Fail with KF_ENOENT: there is no `what` named `name` in `owner`; the nearest of the
 * `io`s, or all of them. */
kf_status kf__fail_unknown_io(const char *owner, const char *what, const char *name,
    const kf_io *items, size_t count);

/* ---- channel.c ---- */

/* Append a channel; nothing else changes. */
kf_status kf__channel_add(
    kf_pipeline *pipeline, const kf_channel *channel, kf_channel_id *out);
/* The same for an item, member, collected or one-of channel, which is found by its
 * full name afterwards. */
kf_status kf__channel_add_derived(
    kf_pipeline *pipeline, const kf_channel *channel, kf_channel_id *out);
/* Of that full name, the one that can be read in the group and is innermost, or else the
 * newest; none if there is none. A loop has one channel of a name. */
kf_channel_id kf__channel_find_derived(
    const kf_pipeline *pipeline, const char *name, size_t length, kf_group_id group);
/* The channel's type as an interface tells it. */
kf_io kf__channel_io(const kf_channel *channel);
/* Put what a channel is, for people: `output "model" of task "train"`. */
void kf__put_channel(
    kf_buf *buf, const kf_pipeline *pipeline, const kf_channel *channel);

/* ---- channel_item.c ---- */

/* What type the items of a list have, told by its text ("List[int]"). */
void kf__type_of_item(kf_channel *item, const char *list_text);
/* What type the members of an item have, told by its text ("Dict[str, int]"). */
void kf__type_of_member(kf_channel *member, const char *struct_text);
/* The item of a loop over constant values. */
void kf__type_of_first(kf_channel *item, const kf_value *items);

/* ---- channel_text.c ---- */

/* A channel within a text: {{channel:task=…;name=…;type=…;}}. */
typedef struct kf_embedded {
    const char *start, *end; /* The whole, end exclusive. */
    const char *task, *name, *type;
    size_t task_length, name_length, type_length;
} kf_embedded;

/* The first channel in the text; false if there is none. */
bool kf__embedded_next(const char *text, kf_embedded *out);
bool kf__value_embeds(const kf_value *value);
/* The channel that can be read in `group`; none if the pipeline has no such channel. */
kf_channel_id kf__embedded_find(
    const kf_pipeline *pipeline, const kf_embedded *embedded, kf_group_id group);
kf_channel_id kf__channel_named(const kf_pipeline *pipeline, const char *owner,
    const char *name, kf_group_id group);
/* Check that the task may read all channels that the text, or the strings of a value,
 * embed. `what` names the place in messages. */
kf_status kf__text_check(
    kf_pipeline *pipeline, kf_task_id task, const char *what, const char *text);
kf_status kf__value_check(
    kf_pipeline *pipeline, kf_task_id task, const char *what, const kf_value *value);
/* Call back for each. */
typedef kf_status (*kf_embedded_visit)(const kf_embedded *embedded, void *payload);
kf_status kf__text_visit(const char *text, kf_embedded_visit visit, void *payload);
kf_status kf__value_visit(
    const kf_value *value, kf_embedded_visit visit, void *payload);

/* ---- scope.c ---- */

int kf__group_depth(const kf_pipeline *pipeline, kf_group_id group);
/* Whether `outer` is `inner` or around it. */
bool kf__group_holds(const kf_pipeline *pipeline, kf_group_id outer, kf_group_id inner);
/* The innermost group around both. */
kf_group_id kf__group_common(const kf_pipeline *pipeline, kf_group_id a, kf_group_id b);
/* The group directly in `outer` that is `inner` or around it; none if they are one. */
kf_group_id kf__group_below(
    const kf_pipeline *pipeline, kf_group_id outer, kf_group_id inner);
/* What a group is, for people: "a loop", "a condition", … */
const char *kf__group_noun(kf_group_kind kind);
/* KF_ESCOPE, naming both, unless the channel can be read in `group`; `reader` tells
 * who wants to (KFP: InvalidTopologyException). */
kf_status kf__scope_check(const kf_pipeline *pipeline, kf_channel_id channel,
    kf_group_id group, const char *reader);
/* The same for what is to be an output of the pipeline. */
kf_status kf__scope_check_output(
    const kf_pipeline *pipeline, kf_channel_id channel, const char *reader);
/* The same for a task, which may be an exit task. */
kf_status kf__scope_check_task(
    const kf_pipeline *pipeline, kf_channel_id channel, kf_task_id task);

/* ---- flow.c ---- */

kf_status kf__group_check_depth(const kf_pipeline *pipeline);
/* A group to be opened in the current one, with KFP's next number. */
kf_group kf__group_new(const kf_pipeline *pipeline, kf_group_kind kind);
/* Do all of opening it that can fail, */
kf_status kf__group_prepare(
    kf_pipeline *pipeline, kf_group *group, const char *display_name);
/* or undo that, */
void kf__group_abandon(kf_pipeline *pipeline, const kf_group *group);
/* and then open it. */
kf_group_id kf__group_open(kf_pipeline *pipeline, const kf_group *group);

/* ---- condition.c ---- */

/* Call back for the channel of each operand. */
kf_status kf__condition_visit(const kf_pipeline *pipeline, kf_condition_id condition,
    kf_channel_visit visit, void *payload);

/* ---- task_drop.c ---- */

/* Take back the task that was added last, as if it had not been: for a caller whose
 * arguments turned out wrong. Nothing may refer to it yet. */
void kf__task_drop_last(kf_pipeline *pipeline);

/* ---- task_channels.c ---- */

/* Call back for every channel that the task reads: its arguments, what their text and
 * that of its settings embed, and what its platform configuration refers to. */
kf_status kf__task_visit(const kf_pipeline *pipeline, kf_task_id task,
    kf_channel_visit visit, void *payload);

/* ---- task_settings.c ---- */

/* KF_EINVAL if an input that an upstream task feeds has no default although the task
 * ignores upstream failure. */
kf_status kf__task_check_ignoring(const kf_pipeline *pipeline, const kf_task *task);

#endif
