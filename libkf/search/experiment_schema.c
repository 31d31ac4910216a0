/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/apis/controller/{common,experiments}/v1beta1 of Katib, optimizationjob_types.go
 * of the trainer. */
#include "search/experiment_schema.h"

#include <math.h>
#include <string.h>

#include "base/limits.h"

#define TEXT(field)                                                                    \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING                                        \
    }
#define TEXT_LIST(field)                                                               \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRING, .is_list = true                       \
    }
#define INT(field)                                                                     \
    {                                                                                  \
        .name = field, .type = KF__FIELD_INT32                                         \
    }
#define STRUCT(field, of)                                                              \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .fields = of                          \
    }
#define LIST(field, of)                                                                \
    {                                                                                  \
        .name = field, .type = KF__FIELD_STRUCT, .is_list = true, .fields = of         \
    }
#define TEXTS(field)                                                                   \
    {                                                                                  \
        .name = field, .type = KF__FIELD_TEXTS                                         \
    }
#define OBJECT(field)                                                                  \
    {                                                                                  \
        .name = field, .type = KF__FIELD_OBJECT                                        \
    }
#define END                                                                            \
    {                                                                                  \
        .name = NULL                                                                   \
    }

static const kf_field metadata[] = {TEXT("name"), TEXT("generateName"),
    TEXT("namespace"), TEXTS("labels"), TEXTS("annotations"), END};

static const kf_field named[] = {TEXT("name"), TEXT("value"), END};

static const kf_field feasible_space[] = {TEXT("min"), TEXT("max"), TEXT("step"),
    TEXT_LIST("list"), TEXT("distribution"), END};

static const kf_field parameter[] = {
    TEXT("name"), TEXT("parameterType"), STRUCT("feasibleSpace", feasible_space), END};

static const kf_field objective[] = {TEXT("type"),
    {.name = "goal", .type = KF__FIELD_DOUBLE}, TEXT("objectiveMetricName"),
    TEXT_LIST("additionalMetricNames"), LIST("metricStrategies", named), END};

static const kf_field algorithm[] = {
    TEXT("algorithmName"), LIST("algorithmSettings", named), END};

static const kf_field config_map[] = {
    TEXT("configMapName"), TEXT("configMapNamespace"), TEXT("templatePath"), END};

static const kf_field trial_parameter[] = {
    TEXT("name"), TEXT("description"), TEXT("reference"), END};

static const kf_field trial_template[] = {{.name = "retain", .type = KF__FIELD_BOOL},
    OBJECT("trialSpec"), STRUCT("configMap", config_map),
    LIST("trialParameters", trial_parameter), TEXTS("primaryPodLabels"),
    TEXT("primaryContainerName"), TEXT("successCondition"), TEXT("failureCondition"),
    END};

static const kf_field http_get[] = {TEXT("path"), TEXT("host"), TEXT("scheme"),
    {.name = "port", .type = KF__FIELD_PORT}, LIST("httpHeaders", named), END};

static const kf_field file_system_path[] = {
    TEXT("path"), TEXT("kind"), TEXT("format"), END};

static const kf_field filter[] = {TEXT_LIST("metricsFormat"), END};

static const kf_field source[] = {STRUCT("httpGet", http_get),
    STRUCT("fileSystemPath", file_system_path), STRUCT("filter", filter), END};

static const kf_field collector[] = {TEXT("kind"), OBJECT("customCollector"), END};

static const kf_field collector_spec[] = {
    STRUCT("source", source), STRUCT("collector", collector), END};

static const kf_field operation[] = {
    TEXT("operationType"), LIST("parameters", parameter), END};

static const kf_field graph_config[] = {INT("numLayers"),
    {.name = "inputSizes", .type = KF__FIELD_INT32, .is_list = true},
    {.name = "outputSizes", .type = KF__FIELD_INT32, .is_list = true}, END};

static const kf_field nas_config[] = {
    STRUCT("graphConfig", graph_config), LIST("operations", operation), END};

static const kf_field experiment_spec[] = {LIST("parameters", parameter),
    STRUCT("objective", objective), STRUCT("algorithm", algorithm),
    STRUCT("earlyStopping", algorithm), STRUCT("trialTemplate", trial_template),
    INT("parallelTrialCount"), INT("maxTrialCount"), INT("maxFailedTrialCount"),
    STRUCT("metricsCollectorSpec", collector_spec), STRUCT("nasConfig", nas_config),
    TEXT("resumePolicy"), END};

const kf_field kf__experiment_fields[] = {TEXT("apiVersion"), TEXT("kind"),
    STRUCT("metadata", metadata), STRUCT("spec", experiment_spec), OBJECT("status"),
    END};

/* ---- OptimizationJob ---- */

static const kf_field job_objective[] = {TEXT("metric"), TEXT("direction"), END};

static const kf_field job_range[] = {TEXT("min"), TEXT("max"), TEXT("type"), END};

static const kf_field job_choices[] = {TEXT_LIST("choices"), END};

static const kf_field job_space[] = {STRUCT("uniform", job_range),
    STRUCT("logUniform", job_range), STRUCT("categorical", job_choices), END};

static const kf_field job_parameter[] = {
    TEXT("name"), STRUCT("searchSpace", job_space), END};

static const kf_field job_random[] = {{.name = "seed", .type = KF__FIELD_INT64}, END};

static const kf_field job_algorithm[] = {
    STRUCT("random", job_random), OBJECT("grid"), END};

static const kf_field job_template[] = {
    STRUCT("metadata", metadata), OBJECT("spec"), END};

static const kf_field job_spec[] = {LIST("objectives", job_objective),
    STRUCT("searchAlgorithm", job_algorithm), LIST("parameters", job_parameter),
    INT("numTrials"), INT("parallelTrials"), STRUCT("trainJobTemplate", job_template),
    END};

const kf_field kf__job_fields[] = {TEXT("apiVersion"), TEXT("kind"),
    STRUCT("metadata", metadata), STRUCT("spec", job_spec), OBJECT("status"), END};

/* ---- reading ---- */

static const char *kind_name(const kf_value *value)
{
    static const char *const names[] = {
        "null", "a boolean", "a number", "a number", "text", "a list", "a mapping"};
    return names[kf_value_kind(value)];
}

static const char *type_name(const kf_field *field)
{
    switch (field->type) {
    case KF__FIELD_STRING:
        return "text";
    case KF__FIELD_BOOL:
        return "true or false";
    case KF__FIELD_INT32:
        return "a whole number of 32 bits";
    case KF__FIELD_INT64:
        return "a whole number of 64 bits";
    case KF__FIELD_DOUBLE:
        return "a number";
    case KF__FIELD_PORT:
        return "a whole number or text";
    default:
        return "a mapping";
    }
}

static void wrong(kf_report *report, const kf_place *place, const kf_field *field,
    const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    bool quotes = field->type == KF__FIELD_STRING && kind >= KF_KIND_BOOL &&
                  kind <= KF_KIND_DOUBLE;
    kf__find_error(report, KF_ETYPE, place, value, "%s expected, not %s%s",
        type_name(field), kind_name(value), quotes ? ": write it in quotes" : "");
}

static bool whole(const kf_value *value, double least, double most)
{
    double number = kf_value_double(value);
    return (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE)) &&
           number == floor(number) && number >= least && number < most;
}

static kf_value *read_scalar(
    kf_tree *tree, const kf_field *field, const kf_value *value)
{
    switch (field->type) {
    case KF__FIELD_ANY:
        return kf__tree_copy(tree, value);
    case KF__FIELD_STRING:
        return kf__is(value, KF_KIND_STRING) ? kf__tree_copy(tree, value) : NULL;
    case KF__FIELD_BOOL:
        return kf__is(value, KF_KIND_BOOL) ? kf__tree_copy(tree, value) : NULL;
    case KF__FIELD_PORT:
        if (kf__is(value, KF_KIND_STRING))
            return kf__tree_copy(tree, value);
        /* FALLTHROUGH */
    case KF__FIELD_INT32:
        return whole(value, -0x1p31, 0x1p31) ? kf__tree_int(tree, kf_value_int(value))
                                             : NULL;
    case KF__FIELD_INT64:
        return whole(value, -0x1p63, 0x1p63) ? kf__tree_int(tree, kf_value_int(value))
                                             : NULL;
    case KF__FIELD_DOUBLE:
        if (kf__is(value, KF_KIND_INT) || kf__is(value, KF_KIND_DOUBLE))
            return kf__tree_double(tree, kf_value_double(value));
        return NULL;
    default:
        return kf__is(value, KF_KIND_STRUCT) ? kf__tree_copy(tree, value) : NULL;
    }
}

static kf_value *read_texts(
    kf_tree *tree, kf_report *report, const kf_place *place, const kf_value *value)
{
    static const kf_field text = {.type = KF__FIELD_STRING};
    kf_value *texts = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const kf_value *member = kf_value_at(value, i);
        const char *key = kf_value_key(value, i);
        if (kf_value_kind(member) == KF_KIND_NULL)
            kf__put_text(tree, texts, key, "");
        else if (kf__is(member, KF_KIND_STRING))
            kf__put(tree, texts, key, kf__tree_copy(tree, member));
        else
            wrong(report, KF__PLACE(place, key), &text, member);
    }
    return texts;
}

/* Goes on with the text that was meant. */
static kf_value *as_text(kf_tree *tree, const kf_value *value)
{
    kf_kind kind = kf_value_kind(value);
    if (kind == KF_KIND_LIST || kind == KF_KIND_STRUCT)
        return NULL;
    kf_buf text = KF__BUF_INIT;
    kf__put_json(&text, value, KF_JSON_COMPACT);
    kf_value *made = kf__tree_string(tree, kf__buf_text(&text));
    kf__buf_finish(&text);
    return made;
}

static kf_value *read_one(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    kf_value *made = NULL;
    bool is_struct = kf__is(value, KF_KIND_STRUCT);
    if (kf_value_kind(value) == KF_KIND_NULL)
        made = field->type == KF__FIELD_STRUCT   ? kf__tree_struct(tree)
               : field->type == KF__FIELD_STRING ? kf__tree_string(tree, "")
                                                 : kf__tree_null(tree);
    else if (field->type == KF__FIELD_STRUCT && is_struct)
        return kf__schema_read(tree, report, place, field->fields, value);
    else if (field->type == KF__FIELD_TEXTS && is_struct)
        made = read_texts(tree, report, place, value);
    else if (field->type != KF__FIELD_STRUCT && field->type != KF__FIELD_TEXTS)
        made = read_scalar(tree, field, value);
    if (made == NULL && kf__tree_status(tree) == KF_OK) {
        wrong(report, place, field, value);
        made = field->type == KF__FIELD_STRING ? as_text(tree, value) : NULL;
    }
    if (made != NULL)
        kf__mark(made, kf__line(value), kf__column(value));
    return made;
}

static kf_value *read_list(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *field, const kf_value *value)
{
    if (!kf__is(value, KF_KIND_LIST)) {
        kf__find_error(report, KF_ETYPE, place, value, "a list expected, not %s",
            kind_name(value));
        return NULL;
    }
    size_t count = kf_value_length(value);
    size_t most = field->type == KF__FIELD_STRUCT ? KF__LIMIT_EXPERIMENT_ITEMS
                                                  : KF__LIMIT_CHOICES;
    if (count > most) {
        kf__find_error(report, KF_ELIMIT, place, value,
            "the list has %zu items: at most %zu are read", count, most);
        count = most;
    }
    kf_value *list = kf__tree_list(tree);
    for (size_t i = 0; i < count; i++)
        kf__push(tree, list,
            read_one(
                tree, report, KF__PLACE_AT(place, i), field, kf_value_at(value, i)));
    if (list != NULL)
        kf__mark(list, kf__line(value), kf__column(value));
    return list;
}

static const char *next_field(const void *state, size_t index)
{
    return ((const kf_field *)state)[index].name;
}

static void unknown(kf_report *report, const kf_place *place, const kf_field *fields,
    const char *name, const kf_value *value)
{
    if (fields == metadata)
        return;
    kf__find_warning(report, KF_ENOENT, place, value,
        "unknown field '%.100s', ignored%s", name,
        kf__hint_of(name, next_field, fields).text);
}

static const kf_field *find(const kf_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++)
        if (strcmp(fields->name, name) == 0)
            return fields;
    return NULL;
}

kf_value *kf__schema_read(kf_tree *tree, kf_report *report, const kf_place *place,
    const kf_field *fields, const kf_value *value)
{
    kf_value *object = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(value); i++) {
        const char *key = kf_value_key(value, i);
        const kf_value *member = kf_value_at(value, i);
        const kf_field *field = find(fields, key);
        if (kf_value_kind(member) == KF_KIND_NULL)
            continue;
        const kf_place *here = KF__PLACE(place, key);
        if (field == NULL)
            unknown(report, here, fields, key, member);
        if (field == NULL)
            kf__put(tree, object, key, kf__tree_copy(tree, member));
        else if (field->is_list)
            kf__put(tree, object, key, read_list(tree, report, here, field, member));
        else
            kf__put(tree, object, key, read_one(tree, report, here, field, member));
    }
    if (object != NULL)
        kf__mark(object, kf__line(value), kf__column(value));
    return object;
}
