/* SPDX-License-Identifier: Apache-2.0 */
#include "io/yaml.h"

#include "base/error.h"
#include "base/limits.h"
#include "base/map.h"
#include "io/yaml_place.h"
#include "io/yaml_scalar.h"

#include <string.h>
#include <yaml.h>

#define CORE "tag:yaml.org,2002:"

typedef struct anchor {
    kf_value *value; /* NULL while it is being read. */
    size_t nodes;
    size_t bytes;
} anchor;

typedef struct reader {
    kf_tree *tree;
    yaml_parser_t parser;
    kf_yaml_place place;
    kf_map anchors; /* Of the document being read, by name. */
    kf_arena names;
    size_t nodes; /* So far, aliases expanded. */
    size_t bytes;
    size_t alias_nodes;
    size_t alias_bytes;
    bool is_go; /* See kf__yaml_read_go. */
} reader;

static kf_status read_event(
    reader *in, const yaml_event_t *event, int depth, kf_value **out);

#define FAIL(in, mark, code, ...)                                                      \
    (kf__yaml_go_to(&(in)->place, (mark)->index),                                      \
        kf__fail_at((code), NULL, (in)->place.line, kf__yaml_column(&(in)->place),     \
            __VA_ARGS__))

/* libyaml says what its grammar lacks, seldom what to mend. */
static const char *syntax_hint(const char *problem, const kf_yaml_place *place)
{
    const char *at = place->offset < place->length ? place->text + place->offset : "";
    if (*at == '\t' && strstr(problem, "cannot start any token") != NULL)
        return ": this is a tab, and YAML is indented with blanks";
    if (*at == '@' || *at == '`' || *at == '%')
        return ": write text that begins with this in quotes";
    bool follows = place->offset > 0 && place->offset < place->length &&
                   strchr("}]", place->text[place->offset - 1]) != NULL;
    if (follows && strcmp(problem, "did not find expected key") == 0)
        return ": what begins with '{' or '[' is a mapping or a list and ends with it: "
               "write text that begins so in quotes";
    if (strcmp(problem, "did not find expected key") == 0)
        return ": is this line indented like those it belongs to?";
    if (strncmp(problem, "mapping values are not", 22) == 0)
        return ": write text with \": \" in it in quotes";
    return "";
}

static kf_status fail_syntax(reader *in)
{
    const yaml_parser_t *parser = &in->parser;
    int line = 0;
    if (parser->error == YAML_MEMORY_ERROR)
        return kf__nomem();
    if (parser->context != NULL) {
        kf__yaml_go_to(&in->place, parser->context_mark.index);
        line = in->place.line;
    }
    kf__yaml_go_to(&in->place, parser->problem_mark.index);
    const char *hint = syntax_hint(parser->problem, &in->place);
    if (parser->context == NULL)
        return FAIL(in, &parser->problem_mark, KF_EPARSE, "not valid YAML: %s%s",
            parser->problem, hint);
    return FAIL(in, &parser->problem_mark, KF_EPARSE,
        "not valid YAML: %s (%s in line %d)%s", parser->problem, parser->context, line,
        hint);
}

static kf_status next_event(reader *in, yaml_event_t *event)
{
    return yaml_parser_parse(&in->parser, event) ? KF_OK : fail_syntax(in);
}

static kf_status count_nodes(
    reader *in, const yaml_mark_t *mark, size_t nodes, size_t bytes)
{
    in->nodes += nodes;
    in->bytes += bytes;
    if (in->nodes > KF__LIMIT_NODES)
        return FAIL(in, mark, KF_ELIMIT,
            "more than %u values in one document (KF__LIMIT_NODES)", KF__LIMIT_NODES);
    return KF_OK;
}

static kf_status check_tag(
    reader *in, const yaml_event_t *event, const yaml_char_t *tag, const char *expected)
{
    if (tag == NULL || strcmp((const char *)tag, "!") == 0 ||
        strcmp((const char *)tag, expected) == 0)
        return KF_OK;
    return FAIL(in, &event->start_mark, KF_EPARSE,
        "the tag \"%.80s\" does not fit here: expected none, or \"%s\"",
        (const char *)tag, expected);
}

/* What a scalar is by its tag and style; *fits: whether its text may be of that type.
 */
static kf_status scalar_type(
    reader *in, const yaml_event_t *event, kf_yaml_type *type, bool *fits)
{
    const char *tag = (const char *)event->data.scalar.tag;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    kf_yaml_type plain =
        in->is_go ? kf__yaml_go_type(text, length) : kf__yaml_type(text, length);
    *fits = true;
    if (tag == NULL || strcmp(tag, "!") == 0) {
        *type =
            tag != NULL || event->data.scalar.plain_implicit ? plain : KF__YAML_STRING;
        return KF_OK;
    }
    if (strcmp(tag, CORE "str") == 0) {
        *type = KF__YAML_STRING;
    } else if (strcmp(tag, CORE "null") == 0) {
        *type = KF__YAML_NULL;
    } else if (strcmp(tag, CORE "float") == 0) {
        *type = KF__YAML_FLOAT;
    } else if (strcmp(tag, CORE "int") == 0) {
        *type = KF__YAML_INT;
        *fits = plain == KF__YAML_INT;
    } else if (strcmp(tag, CORE "bool") == 0) {
        *type = KF__YAML_BOOL;
        *fits = plain == KF__YAML_BOOL;
    } else {
        return FAIL(in, &event->start_mark, KF_EPARSE,
            "the tag \"%.80s\" is not supported: expected none, or one of !!str, "
            "!!null, "
            "!!bool, !!int, !!float, !!seq, !!map",
            tag);
    }
    return KF_OK;
}

static kf_status read_scalar(reader *in, const yaml_event_t *event, kf_value **out)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    kf_yaml_type type;
    bool fits;
    if (length > KF__LIMIT_STRING_BYTES)
        return FAIL(in, &event->start_mark, KF_ELIMIT,
            "text of %zu bytes, more than the limit of %u (KF__LIMIT_STRING_BYTES)",
            length, KF__LIMIT_STRING_BYTES);
    KF__TRY(count_nodes(in, &event->start_mark, 1, length));
    KF__TRY(scalar_type(in, event, &type, &fits));
    kf_value *value = NULL;
    if (fits)
        value = in->is_go ? kf__yaml_go_value(in->tree, type, text, length)
                          : kf__yaml_value(in->tree, type, text, length);
    KF__TRY(kf__tree_status(in->tree));
    if (value == NULL)
        return FAIL(in, &event->start_mark, KF_EPARSE, "\"%.40s\" is not %s", text,
            type == KF__YAML_BOOL
                ? "a boolean: expected true or false"
                : "a number that can be held: expected a finite number");
    *out = value;
    return KF_OK;
}

static kf_status read_list(
    reader *in, const yaml_event_t *start, int depth, kf_value **out)
{
    KF__TRY(check_tag(in, start, start->data.sequence_start.tag, CORE "seq"));
    KF__TRY(count_nodes(in, &start->start_mark, 1, 0));
    kf_value *list = kf__tree_list(in->tree);
    for (;;) {
        yaml_event_t event;
        kf_value *item = NULL;
        KF__TRY(next_event(in, &event));
        bool ended = event.type == YAML_SEQUENCE_END_EVENT;
        kf_status status = ended ? KF_OK : read_event(in, &event, depth + 1, &item);
        yaml_event_delete(&event);
        KF__TRY(status);
        if (ended)
            break;
        kf__push(in->tree, list, item);
    }
    *out = list;
    return kf__tree_status(in->tree);
}

/* A mapping being read: what merge keys bring is overridden by the members of its own.
 */
typedef struct members {
    kf_value *own;
    kf_value *merged; /* NULL: no merge key yet. */
} members;

static void move_members(kf_tree *tree, kf_value *into, const kf_value *from)
{
    size_t count = kf_value_length(from);
    for (size_t i = 0; i < count; i++)
        kf__put(tree, into, kf_value_key(from, i), kf__at(from, i));
}

static kf_status merge_value(
    reader *in, const yaml_mark_t *mark, members *object, const kf_value *value)
{
    if (object->merged == NULL)
        object->merged = kf__tree_struct(in->tree);
    bool is_list = kf__is(value, KF_KIND_LIST);
    /* Of a list the first mapping wins, so it is put last. */
    for (size_t i = is_list ? kf_value_length(value) : 1; i > 0; i--) {
        const kf_value *from = is_list ? kf__at(value, i - 1) : value;
        if (!kf__is(from, KF_KIND_STRUCT))
            return FAIL(in, mark, KF_EPARSE,
                "only a mapping or a list of mappings can be merged by \"<<\"");
        move_members(in->tree, object->merged, from);
    }
    return kf__tree_status(in->tree);
}

static bool is_merge_key(const yaml_event_t *key)
{
    return key->type == YAML_SCALAR_EVENT && key->data.scalar.tag == NULL &&
           key->data.scalar.plain_implicit &&
           kf__yaml_type((const char *)key->data.scalar.value,
               key->data.scalar.length) == KF__YAML_MERGE;
}

static const yaml_char_t *anchor_name(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

/* The text of a scalar, whatever type it would have as a value; NULL: not a scalar. */
static kf_status name_text(
    reader *in, const yaml_event_t *key, const char **name, size_t *length)
{
    kf_value *value = NULL;
    kf_yaml_type type;
    bool fits;
    if (key->type == YAML_ALIAS_EVENT || anchor_name(key) != NULL)
        KF__TRY(read_event(in, key, 0, &value));
    if (key->type == YAML_SCALAR_EVENT) {
        KF__TRY(scalar_type(in, key, &type, &fits));
        *name = (const char *)key->data.scalar.value;
        *length = key->data.scalar.length;
    } else {
        *name = kf_value_string(value);
        *length = kf_value_length(value);
    }
    return KF_OK;
}

static kf_status read_name(reader *in, const yaml_event_t *key, const char **out)
{
    const char *name;
    size_t length;
    KF__TRY(name_text(in, key, &name, &length));
    if (name == NULL)
        return FAIL(in, &key->start_mark, KF_EPARSE,
            "the name of a member must be text, not a list or a mapping");
    if (strlen(name) != length)
        return FAIL(
            in, &key->start_mark, KF_EPARSE, "a name with a NUL character in it");
    *out = name;
    return count_nodes(in, &key->start_mark, 0, length);
}

static kf_status read_member(
    reader *in, const yaml_event_t *key, int depth, members *object)
{
    const char *name = NULL;
    bool merges = is_merge_key(key);
    if (!merges)
        KF__TRY(read_name(in, key, &name));
    const kf_value *first = merges ? NULL : kf__get(object->own, name);
    if (first != NULL)
        return FAIL(in, &key->start_mark, KF_EPARSE,
            "the name \"%.200s\" occurs twice in one mapping; its first value is in "
            "line %d",
            name, kf__line(first));
    yaml_event_t event;
    kf_value *value = NULL;
    KF__TRY(next_event(in, &event));
    kf_status status = read_event(in, &event, depth + 1, &value);
    if (status == KF_OK && merges)
        status = merge_value(in, &event.start_mark, object, value);
    else if (status == KF_OK)
        kf__put(in->tree, object->own, name, value);
    yaml_event_delete(&event);
    return status;
}

static kf_status read_struct(
    reader *in, const yaml_event_t *start, int depth, kf_value **out)
{
    KF__TRY(check_tag(in, start, start->data.mapping_start.tag, CORE "map"));
    KF__TRY(count_nodes(in, &start->start_mark, 1, 0));
    members object = {kf__tree_struct(in->tree), NULL};
    for (;;) {
        yaml_event_t event;
        KF__TRY(next_event(in, &event));
        bool ended = event.type == YAML_MAPPING_END_EVENT;
        kf_status status = ended ? KF_OK : read_member(in, &event, depth, &object);
        yaml_event_delete(&event);
        KF__TRY(status);
        if (ended)
            break;
    }
    if (object.merged != NULL)
        move_members(in->tree, object.merged, object.own);
    *out = object.merged != NULL ? object.merged : object.own;
    return kf__tree_status(in->tree);
}

static kf_status read_alias(reader *in, const yaml_event_t *event, kf_value **out)
{
    const char *name = (const char *)event->data.alias.anchor;
    const anchor *target = kf__map_get(&in->anchors, name);
    if (target == NULL)
        return FAIL(in, &event->start_mark, KF_EPARSE,
            "the alias \"*%.80s\" has no anchor before it in the document", name);
    if (target->value == NULL)
        return FAIL(in, &event->start_mark, KF_EPARSE,
            "the alias \"*%.80s\" stands inside of what it names", name);
    in->alias_nodes += target->nodes;
    in->alias_bytes += target->bytes;
    if (in->alias_nodes > KF__LIMIT_ALIAS_NODES)
        return FAIL(in, &event->start_mark, KF_ELIMIT,
            "aliases expand to more than %u values (KF__LIMIT_ALIAS_NODES)",
            KF__LIMIT_ALIAS_NODES);
    if (in->alias_bytes > KF__LIMIT_DOCUMENT_BYTES)
        return FAIL(in, &event->start_mark, KF_ELIMIT,
            "aliases expand to more than %u bytes (KF__LIMIT_DOCUMENT_BYTES)",
            KF__LIMIT_DOCUMENT_BYTES);
    KF__TRY(count_nodes(in, &event->start_mark, target->nodes, target->bytes));
    *out = kf__tree_copy(in->tree, target->value);
    return kf__tree_status(in->tree);
}

static kf_status add_anchor(
    reader *in, const yaml_event_t *event, const yaml_char_t *name, anchor **out)
{
    *out = NULL;
    if (name == NULL)
        return KF_OK;
    if (kf__map_has(&in->anchors, (const char *)name))
        return FAIL(in, &event->start_mark, KF_EPARSE,
            "the anchor \"&%.80s\" occurs twice in one document", (const char *)name);
    const char *key = kf__arena_strdup(&in->names, (const char *)name);
    *out = kf__arena_alloc(&in->names, sizeof **out);
    if (key == NULL || *out == NULL)
        return KF_ENOMEM;
    (*out)->nodes = in->nodes;
    (*out)->bytes = in->bytes;
    return kf__map_set(&in->anchors, key, *out);
}

static kf_status read_node(
    reader *in, const yaml_event_t *event, int depth, kf_value **out)
{
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return read_list(in, event, depth, out);
    if (event->type == YAML_MAPPING_START_EVENT)
        return read_struct(in, event, depth, out);
    return read_scalar(in, event, out);
}

static kf_status read_event(
    reader *in, const yaml_event_t *event, int depth, kf_value **out)
{
    if (depth > KF__LIMIT_DEPTH)
        return FAIL(in, &event->start_mark, KF_ELIMIT,
            "nested deeper than %d levels (KF__LIMIT_DEPTH)", KF__LIMIT_DEPTH);
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(in, event, out);
    kf__yaml_go_to(&in->place, event->start_mark.index);
    int line = in->place.line;
    int column = kf__yaml_column(&in->place);
    anchor *named;
    kf_value *value = NULL;
    KF__TRY(add_anchor(in, event, anchor_name(event), &named));
    KF__TRY(read_node(in, event, depth, &value));
    kf__mark(value, line, column);
    if (named != NULL) {
        named->value = value;
        named->nodes = in->nodes - named->nodes;
        named->bytes = in->bytes - named->bytes;
    }
    *out = value;
    return KF_OK;
}

static kf_status read_document(reader *in, kf_value *documents)
{
    yaml_event_t event;
    kf_value *value = NULL;
    kf__map_finish(&in->anchors);
    in->anchors = KF__MAP_INIT;
    KF__TRY(next_event(in, &event));
    kf_status status = read_event(in, &event, 1, &value);
    yaml_event_delete(&event);
    KF__TRY(status);
    kf__push(in->tree, documents, value);
    return kf__tree_status(in->tree);
}

static kf_status read_stream(reader *in, kf_value *documents)
{
    for (;;) {
        yaml_event_t event;
        KF__TRY(next_event(in, &event));
        yaml_event_type_t type = event.type;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT)
            return KF_OK;
        if (type == YAML_DOCUMENT_START_EVENT)
            KF__TRY(read_document(in, documents));
    }
}

static kf_status read_text(
    kf_tree *tree, const char *text, size_t length, bool is_go, kf_value **out)
{
    reader in = {.tree = tree, .is_go = is_go};
    KF__TRY(kf__yaml_check_text(text, length));
    kf__yaml_place_start(&in.place, text, length);
    if (!yaml_parser_initialize(&in.parser))
        return kf__nomem();
    yaml_parser_set_encoding(&in.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&in.parser, (const unsigned char *)text, length);
    kf_value *documents = kf__tree_list(tree);
    kf_status status = read_stream(&in, documents);
    if (status == KF_OK)
        status = kf__tree_status(tree);
    yaml_parser_delete(&in.parser);
    kf__map_finish(&in.anchors);
    kf__arena_finish(&in.names);
    if (status == KF_OK)
        *out = documents;
    return status;
}

kf_status kf__yaml_read(kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    return read_text(tree, text, length, false, out);
}

kf_status kf__yaml_read_go(
    kf_tree *tree, const char *text, size_t length, kf_value **out)
{
    return read_text(tree, text, length, true, out);
}
