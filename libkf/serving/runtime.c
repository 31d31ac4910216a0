/* SPDX-License-Identifier: Apache-2.0 */
/* Selecting the runtime of a model: predictor_model.go and components/predictor.go of
 * KServe. */
#include "serving/runtime.h"

#include <stdlib.h>
#include <string.h>

#include "base/options.h"

/* What a runtime is asked for. */
typedef struct model_wish {
    const kf_service *service;
    const kf_service_component *component;
    bool has_workers;
} model_wish;

static const kf_value *spec_of(const kf_service_runtime_entry *entry)
{
    return kf_value_get(entry->document, "spec");
}

static bool flag(const kf_value *object, const char *name)
{
    return kf_value_bool(kf_value_get(object, name));
}

/* ---- why not ---- */

static void put_protocols(kf_buf *buf, const kf_value *protocols)
{
    for (size_t i = 0; i < kf_value_length(protocols); i++)
        kf__buf_printf(buf, "%s%.20s", i == 0 ? "" : ", ",
            kf_value_string(kf_value_at(protocols, i)));
}

static bool speaks(const kf_value *spec, const char *protocol)
{
    const kf_value *list = kf_value_get(spec, "protocolVersions");
    if (kf_value_length(list) == 0)
        return true;
    for (size_t i = 0; i < kf_value_length(list); i++)
        if (kf__equals_text(kf_value_at(list, i), protocol))
            return true;
    return false;
}

/* Versions are compared as texts. Without autoSelect a format is for those who name the
 * runtime. */
static bool serves(
    const model_wish *wish, const kf_value *spec, bool any_version, bool by_name)
{
    const kf_value *formats = kf_value_get(spec, "supportedModelFormats");
    const char *version = any_version ? NULL : wish->component->format_version;
    for (size_t i = 0; i < kf_value_length(formats); i++) {
        const kf_value *format = kf_value_at(formats, i);
        if (!kf__equals_text(kf_value_get(format, "name"), wish->component->format) ||
            (!by_name && !flag(format, "autoSelect")))
            continue;
        if (version == NULL ||
            kf__equals_text(kf_value_get(format, "version"), version))
            return true;
    }
    return false;
}

static void put_formats(kf_buf *buf, const kf_value *spec)
{
    const kf_value *formats = kf_value_get(spec, "supportedModelFormats");
    const char *last = "";
    for (size_t i = 0; i < kf_value_length(formats); i++) {
        const char *name = kf__get_text(kf_value_at(formats, i), "name");
        if (name == NULL || strcmp(name, last) == 0)
            continue;
        kf__buf_printf(buf, "%s%.40s", *last == '\0' ? "" : ", ", name);
        last = name;
    }
}

static void put_versions(kf_buf *buf, const model_wish *wish, const kf_value *spec)
{
    const kf_value *formats = kf_value_get(spec, "supportedModelFormats");
    const char *between = "";
    for (size_t i = 0; i < kf_value_length(formats); i++) {
        const kf_value *format = kf_value_at(formats, i);
        const char *version = kf__get_text(format, "version");
        if (version == NULL ||
            !kf__equals_text(kf_value_get(format, "name"), wish->component->format))
            continue;
        kf__buf_printf(buf, "%s%.20s", between, version);
        between = ", ";
    }
}

static void put_format_reason(
    kf_buf *buf, const model_wish *wish, const kf_value *spec, bool by_name)
{
    const char *format = wish->component->format;
    if (serves(wish, spec, true, by_name)) {
        kf__buf_printf(buf, "it serves '%.60s', but no version '%.60s': ", format,
            wish->component->format_version);
        put_versions(buf, wish, spec);
    } else if (serves(wish, spec, false, true)) {
        kf__buf_printf(
            buf, "it serves '%.60s' only if the model names it as its runtime", format);
    } else {
        kf__buf_printf(buf, "it serves no '%.60s': ", format);
        put_formats(buf, spec);
    }
}

static void put_reason(kf_buf *buf, const model_wish *wish, const kf_value *spec)
{
    const char *protocol = wish->component->protocol;
    if (flag(spec, "disabled")) {
        kf__buf_puts(buf, "it is disabled");
    } else if (flag(spec, "multiModel")) {
        kf__buf_puts(buf, "it serves several models at a time (multiModel)");
    } else if (!serves(wish, spec, false, false)) {
        put_format_reason(buf, wish, spec, false);
    } else if (!speaks(spec, protocol)) {
        kf__buf_printf(buf, "it does not speak %.20s: ", protocol);
        put_protocols(buf, kf_value_get(spec, "protocolVersions"));
    } else if ((kf_value_get(spec, "workerSpec") != NULL) != wish->has_workers) {
        kf__buf_puts(buf, wish->has_workers
                              ? "it is for models on one machine (it has no workerSpec)"
                              : "it is for models on several machines (workerSpec)");
    }
}

/* One that the model names is asked for less. */
static void put_named_reason(kf_buf *buf, const model_wish *wish, const kf_value *spec)
{
    const char *protocol = wish->component->protocol;
    if (flag(spec, "disabled")) {
        kf__buf_puts(buf, "it is disabled");
    } else if (wish->component->has_protocol && !speaks(spec, protocol)) {
        kf__buf_printf(buf, "it does not speak %.20s: ", protocol);
        put_protocols(buf, kf_value_get(spec, "protocolVersions"));
    } else if (!serves(wish, spec, false, true)) {
        put_format_reason(buf, wish, spec, true);
    }
}

static void judge(kf_service_runtime *runtime, kf_service_runtime_entry *entry,
    const model_wish *wish, bool by_name)
{
    kf_buf buf = KF__BUF_INIT;
    if (by_name)
        put_named_reason(&buf, wish, spec_of(entry));
    else
        put_reason(&buf, wish, spec_of(entry));
    if (buf.length > 0)
        entry->candidate.reason =
            kf_value_string(kf__tree_string(&runtime->tree, kf__buf_text(&buf)));
    if (buf.status != KF_OK)
        runtime->tree.status = buf.status;
    kf__buf_finish(&buf);
}

/* ---- in which order ---- */

static const char *const ranks[] = {"v1", "v2", "grpc-v1", "grpc-v2"};

/* Of the first protocol in KServe's order; what is unknown comes last. */
static int rank_of(const kf_value *spec)
{
    const kf_value *list = kf_value_get(spec, "protocolVersions");
    for (int i = 0; i < 4; i++)
        for (size_t k = 0; k < kf_value_length(list); k++)
            if (kf__equals_text(kf_value_at(list, k), ranks[i]))
                return i;
    return 4;
}

/* That of the first entry of its name, whatever its version. */
static const kf_value *priority_of(
    const kf_service_runtime_entry *entry, const model_wish *wish)
{
    const kf_value *formats = kf_value_get(spec_of(entry), "supportedModelFormats");
    for (size_t i = 0; i < kf_value_length(formats); i++) {
        const kf_value *format = kf_value_at(formats, i);
        if (kf__equals_text(kf_value_get(format, "name"), wish->component->format))
            return kf_value_get(format, "priority");
    }
    return NULL;
}

/* Whether `a` comes before `b`. Of runtimes that will not do, the order is by name. */
static bool precedes(const kf_service_runtime_entry *a,
    const kf_service_runtime_entry *b, const model_wish *wish)
{
    bool fits = a->candidate.reason == NULL;
    if (fits != (b->candidate.reason == NULL))
        return fits;
    int kind = strcmp(b->candidate.kind, a->candidate.kind);
    if (kind != 0)
        return kind < 0;
    const kf_value *first = priority_of(a, wish), *second = priority_of(b, wish);
    if (fits && (first == NULL) != (second == NULL))
        return first != NULL;
    if (fits && first != NULL && kf_value_int(first) != kf_value_int(second))
        return kf_value_int(first) > kf_value_int(second);
    if (fits && a->rank != b->rank)
        return a->rank < b->rank;
    int age = strcmp(b->created, a->created);
    if (fits && age != 0)
        return age < 0;
    return strcmp(a->candidate.name, b->candidate.name) < 0;
}

static void sort_entries(kf_service_runtime *runtime, const model_wish *wish)
{
    for (size_t i = 1; i < runtime->entries.count; i++) {
        kf_service_runtime_entry moved = runtime->entries.items[i];
        size_t at = i;
        for (; at > 0 && precedes(&moved, &runtime->entries.items[at - 1], wish); at--)
            runtime->entries.items[at] = runtime->entries.items[at - 1];
        runtime->entries.items[at] = moved;
    }
}

/* ---- which there are ---- */

static kf_status add_entry(kf_service_runtime *runtime, const kf_value *document,
    const char *kind, bool is_shipped)
{
    const kf_value *metadata = kf_value_get(document, "metadata");
    const char *created = kf__get_text(metadata, "creationTimestamp");
    const char *name = kf__get_text(metadata, "name");
    kf_value *copy = kf__tree_copy(&runtime->tree, document);
    KF__TRY(kf__tree_status(&runtime->tree));
    kf_service_runtime_entry entry = {
        .candidate = {.kind = kind, .is_shipped = is_shipped},
        .document = copy,
        .rank = rank_of(kf_value_get(copy, "spec"))};
    metadata = kf_value_get(copy, "metadata");
    entry.candidate.name = name != NULL ? kf__get_text(metadata, "name") : "";
    entry.created = created != NULL ? kf__get_text(metadata, "creationTimestamp") : "";
    return kf__vec_push(&runtime->entries, entry) == KF_OK ? KF_OK : kf__nomem();
}

static kf_status add_documents(
    kf_service_runtime *runtime, const kf_services *services, const kf_service *service)
{
    for (size_t i = 0; i < kf_services_count(services); i++) {
        const kf_service *item = kf_services_at(services, i);
        const kf_value *metadata = kf_value_get(kf_service_full(item), "metadata");
        if (kf__service_given(metadata, "name") == NULL)
            continue; /* It is in no cluster. */
        if (item->kind == KF_SERVICE_CLUSTER_SERVING_RUNTIME)
            KF__TRY(add_entry(
                runtime, kf_service_full(item), "ClusterServingRuntime", false));
        else if (item->kind == KF_SERVICE_SERVING_RUNTIME &&
                 strcmp(kf_service_namespace(item), kf_service_namespace(service)) == 0)
            KF__TRY(add_entry(runtime, kf_service_full(item), "ServingRuntime", false));
    }
    return KF_OK;
}

static bool has_entry(const kf_service_runtime *runtime, const char *name)
{
    for (size_t i = 0; i < runtime->entries.count; i++) {
        const kf_service_runtime_candidate *candidate =
            &runtime->entries.items[i].candidate;
        if (strcmp(candidate->kind, "ClusterServingRuntime") == 0 &&
            strcmp(candidate->name, name) == 0)
            return true;
    }
    return false;
}

/* Documents take the place of what is shipped under their name. */
static kf_status add_shipped(kf_service_runtime *runtime)
{
    const kf_value *list = kf__shipped_runtimes(&runtime->tree);
    KF__TRY(kf__tree_status(&runtime->tree));
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *document = kf_value_at(list, i);
        const char *name = kf__get_text(kf_value_get(document, "metadata"), "name");
        if (!has_entry(runtime, name))
            KF__TRY(add_entry(runtime, document, "ClusterServingRuntime", true));
    }
    return KF_OK;
}

/* ---- the choice ---- */

static void fail(kf_service_runtime *runtime, const char *failure, const char *format,
    const char *text)
{
    runtime->failure = failure;
    runtime->message = kf_value_string(kf__tree_printf(&runtime->tree, format, text));
}

static const char *next_name(const void *state, size_t index)
{
    const kf_service_runtime *runtime = state;
    return index < runtime->entries.count ? runtime->entries.items[index].candidate.name
                                          : NULL;
}

/* The namespace's own comes before the cluster's. */
static kf_service_runtime_entry *find_named(
    kf_service_runtime *runtime, const char *name)
{
    kf_service_runtime_entry *found = NULL;
    for (size_t i = 0; i < runtime->entries.count; i++) {
        kf_service_runtime_entry *entry = &runtime->entries.items[i];
        if (strcmp(entry->candidate.name, name) == 0 &&
            (found == NULL || strcmp(entry->candidate.kind, "ServingRuntime") == 0))
            found = entry;
    }
    return found;
}

static void select_named(kf_service_runtime *runtime, const model_wish *wish)
{
    const char *name = wish->component->runtime;
    kf_service_runtime_entry *entry = find_named(runtime, name);
    if (entry == NULL) {
        kf_hint hint = kf__hint_of(name, next_name, runtime);
        runtime->failure = "RuntimeNotRecognized";
        runtime->message = kf_value_string(kf__tree_printf(
            &runtime->tree, "there is no runtime '%.100s'%s", name, hint.text));
        return;
    }
    kf_service_runtime_entry only = *entry;
    runtime->entries.items[0] = only;
    runtime->entries.count = 1;
    entry = &runtime->entries.items[0];
    judge(runtime, entry, wish, true);
    if (entry->candidate.reason == NULL)
        runtime->document = entry->document;
    else if (flag(spec_of(entry), "disabled"))
        fail(runtime, "RuntimeDisabled", "the runtime '%.100s' is disabled", name);
    else
        fail(runtime, "NoSupportingRuntime",
            "the runtime that is asked for will not do: %.200s",
            entry->candidate.reason);
}

/* The formats of all runtimes, one after the other. */
static const char *next_format(const void *state, size_t index)
{
    const kf_service_runtime *runtime = state;
    for (size_t i = 0; i < runtime->entries.count; i++) {
        const kf_value *formats =
            kf_value_get(spec_of(&runtime->entries.items[i]), "supportedModelFormats");
        size_t count = kf_value_length(formats);
        if (index < count)
            return kf_value_string(kf_value_get(kf_value_at(formats, index), "name"));
        index -= count;
    }
    return NULL;
}

/* The first that serves the format, if only it were asked otherwise; rather one that
 * speaks the protocol. */
static const kf_service_runtime_entry *nearly(
    const kf_service_runtime *runtime, const model_wish *wish)
{
    const kf_service_runtime_entry *found = NULL;
    for (size_t i = 0; i < runtime->entries.count; i++) {
        const kf_service_runtime_entry *entry = &runtime->entries.items[i];
        const kf_value *spec = spec_of(entry);
        if (flag(spec, "disabled") || flag(spec, "multiModel") ||
            !serves(wish, spec, true, false))
            continue;
        if (speaks(spec, wish->component->protocol))
            return entry;
        if (found == NULL)
            found = entry;
    }
    return found;
}

static void refuse(kf_service_runtime *runtime, const model_wish *wish)
{
    const kf_service_runtime_entry *near = nearly(runtime, wish);
    const char *version = wish->component->format_version;
    kf_hint hint = {""};
    if (near == NULL)
        hint = kf__hint_of(wish->component->format, next_format, runtime);
    runtime->failure = "NoSupportingRuntime";
    runtime->message = kf_value_string(kf__tree_printf(&runtime->tree,
        "no runtime serves the format '%.100s'%s%.60s with protocol %.20s%s%s%.60s"
        "%s%.200s",
        wish->component->format, version != NULL ? " in version " : "",
        version != NULL ? version : "", wish->component->protocol, hint.text,
        near != NULL ? "; " : "", near != NULL ? near->candidate.name : "",
        near != NULL ? ": " : "", near != NULL ? near->candidate.reason : ""));
}

static void select_best(kf_service_runtime *runtime, const model_wish *wish)
{
    for (size_t i = 0; i < runtime->entries.count; i++)
        judge(runtime, &runtime->entries.items[i], wish, false);
    if (kf__tree_status(&runtime->tree) != KF_OK)
        return;
    sort_entries(runtime, wish);
    if (runtime->entries.count > 0 &&
        runtime->entries.items[0].candidate.reason == NULL)
        runtime->document = runtime->entries.items[0].document;
    else
        refuse(runtime, wish);
}

static void finish_choice(kf_service_runtime *runtime, const model_wish *wish)
{
    int rank = rank_of(kf_value_get(runtime->document, "spec"));
    const char *own = rank < 4 ? ranks[rank] : "";
    runtime->protocol = NULL;
    if (wish->component->has_protocol)
        runtime->protocol =
            kf_value_string(kf__tree_string(&runtime->tree, wish->component->protocol));
    const char *given = runtime->protocol;
    runtime->container = kf__runtime_merge(runtime, wish->service, wish->component);
    if (given == NULL && runtime->protocol == NULL)
        runtime->protocol = own;
}

static kf_status choose(kf_service_runtime *runtime, const model_wish *wish,
    const kf_services *services, const kf_service_runtime_options *options)
{
    KF__TRY(add_documents(runtime, services, wish->service));
    if (!options->without_shipped)
        KF__TRY(add_shipped(runtime));
    if (wish->component->runtime != NULL)
        select_named(runtime, wish);
    else
        select_best(runtime, wish);
    KF__TRY(kf__tree_status(&runtime->tree));
    if (runtime->document != NULL)
        finish_choice(runtime, wish);
    return kf__tree_status(&runtime->tree);
}

kf_status kf_service_runtime_select(const kf_service *service,
    const kf_services *services, const kf_service_runtime_options *options,
    kf_service_runtime **out)
{
    KF__REQUIRE(service != NULL && out != NULL);
    KF__TAKE_OPTIONS(kf_service_runtime_options, known, options);
    const kf_service_component *component =
        known.canary == 0 ? kf_service_component_of(service, KF_SERVICE_PREDICTOR)
                          : kf_service_canary_at(service, known.canary - 1);
    if (component == NULL && known.canary > 0)
        return kf__fail(KF_EINVAL, "canary", "there is no canary %zu: there are %zu",
            known.canary, kf_service_canary_count(service));
    if (component == NULL || component->format == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "the %s '%.100s' has no model that a runtime could serve",
            kf_service_kind_name(service), kf_service_name(service));
    model_wish wish = {.service = service,
        .component = component,
        .has_workers = kf_value_get(component->spec, "workerSpec") != NULL};
    kf_service_runtime *runtime = kf__calloc(1, sizeof *runtime);
    if (runtime == NULL)
        return kf__nomem();
    kf_status status = choose(runtime, &wish, services, &known);
    if (status == KF_OK)
        *out = runtime;
    else
        kf_service_runtime_free(runtime);
    return status;
}

/* ---- what is asked of it ---- */

void kf_service_runtime_free(kf_service_runtime *runtime)
{
    if (runtime == NULL)
        return;
    kf__vec_finish(&runtime->entries);
    kf__tree_finish(&runtime->tree);
    kf__free(runtime);
}

const char *kf_service_runtime_name(const kf_service_runtime *runtime)
{
    return runtime == NULL
               ? NULL
               : kf__get_text(kf_value_get(runtime->document, "metadata"), "name");
}

const char *kf_service_runtime_kind(const kf_service_runtime *runtime)
{
    return runtime == NULL ? NULL : kf__get_text(runtime->document, "kind");
}

const char *kf_service_runtime_protocol(const kf_service_runtime *runtime)
{
    return runtime == NULL || runtime->document == NULL ? NULL : runtime->protocol;
}

const kf_value *kf_service_runtime_spec(const kf_service_runtime *runtime)
{
    return runtime == NULL ? NULL : kf_value_get(runtime->document, "spec");
}

const kf_value *kf_service_runtime_container(const kf_service_runtime *runtime)
{
    return runtime == NULL ? NULL : runtime->container;
}

const char *kf_service_runtime_failure(const kf_service_runtime *runtime)
{
    return runtime == NULL ? NULL : runtime->failure;
}

const char *kf_service_runtime_message(const kf_service_runtime *runtime)
{
    return runtime == NULL ? NULL : runtime->message;
}

size_t kf_service_runtime_candidate_count(const kf_service_runtime *runtime)
{
    return runtime == NULL ? 0 : runtime->entries.count;
}

const kf_service_runtime_candidate *kf_service_runtime_candidate_at(
    const kf_service_runtime *runtime, size_t index)
{
    return index < kf_service_runtime_candidate_count(runtime)
               ? &runtime->entries.items[index].candidate
               : NULL;
}
