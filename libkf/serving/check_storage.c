/* SPDX-License-Identifier: Apache-2.0 */
/* Where models come from. */
#include "serving/check.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* ---- one place ---- */

/* Has a scheme at all: else it is a path. */
static bool has_scheme(const char *uri)
{
    const char *at = strstr(uri, "://");
    return at != NULL && at > uri && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
}

static const char *next_scheme(const void *state, size_t index)
{
    static const char *const schemes[] = {"gs", "s3", "pvc", "file", "https", "http",
        "hdfs", "webhdfs", "oci", "oci+native", "oci+fetch", "hf"};
    (void)state;
    return index < sizeof schemes / sizeof *schemes ? schemes[index] : NULL;
}

static bool is_known_scheme(const char *uri)
{
    const char *scheme = NULL;
    for (size_t i = 0; (scheme = next_scheme(NULL, i)) != NULL; i++)
        if (kf__starts_with(uri, scheme) &&
            kf__starts_with(uri + strlen(scheme), "://"))
            return true;
    return false;
}

static kf_hint nearest_scheme(const char *uri)
{
    char scheme[32];
    size_t length = (size_t)(strstr(uri, "://") - uri);
    if (length >= sizeof scheme)
        return (kf_hint){""};
    for (size_t i = 0; i < length; i++)
        scheme[i] = (char)tolower((unsigned char)uri[i]);
    scheme[length] = '\0';
    return kf__hint_of(scheme, next_scheme, NULL);
}

/* A ClusterStorageContainer may know schemes of its own. */
static bool has_containers(const kf_services *services)
{
    for (size_t i = 0; i < kf_services_count(services); i++)
        if (kf_service_what(kf_services_at(services, i)) ==
            KF_SERVICE_CLUSTER_STORAGE_CONTAINER)
            return true;
    return false;
}

static void check_uri(
    const kf_check *check, const kf_place *place, const kf_value *at, const char *uri)
{
    if (uri == NULL || !has_scheme(uri) || is_known_scheme(uri) ||
        has_containers(check->services))
        return;
    kf__check_warning(check, KF_EUNSUPPORTED, place, at,
        "'%.200s' is of no kind that KServe fetches by itself: expected gs, s3, pvc, "
        "file, http, https, hdfs, webhdfs, oci or hf, or a ClusterStorageContainer for "
        "it%s",
        uri, nearest_scheme(uri).text);
}

/* ---- storageUris ---- */

static void check_item(const kf_check *check, kf_part item)
{
    kf_part path = KF__PART(item, "mountPath");
    const char *uri = kf__get_text(item.value, "uri");
    const char *text = kf__get_text(item.value, "mountPath");
    if (uri != NULL && *uri == '\0')
        kf__check_error(check, KF_EINVAL, KF__PLACE(item.place, "uri"), item.value,
            "the uri is empty");
    check_uri(check, KF__PLACE(item.place, "uri"), item.value, uri);
    if (text == NULL)
        return;
    if (strcmp(text, "/") == 0)
        kf__check_error(check, KF_EINVAL, path.place, path.value,
            "mountPath is '/': a model cannot be mounted over the whole of a "
            "container");
    else if (*text != '/')
        kf__check_error(check, KF_EINVAL, path.place, path.value,
            "mountPath '%.200s': expected an absolute one", text);
    else if (strstr(text, "..") != NULL)
        kf__check_error(check, KF_EINVAL, path.place, path.value,
            "mountPath '%.200s' may not hold '..'", text);
    else if (strlen(text) > 255)
        kf__check_error(check, KF_ELIMIT, path.place, path.value,
            "mountPath has %zu bytes: expected at most 255", strlen(text));
}

static bool is_claim(const kf_value *item)
{
    const char *uri = kf__get_text(item, "uri");
    return uri != NULL && kf__starts_with(uri, "pvc://");
}

/* How long the first part of a path is, "/" before and behind it left out. */
static size_t first_part(const char **path)
{
    *path += strspn(*path, "/");
    return strcspn(*path, "/");
}

static void check_parents(const kf_check *check, kf_part list)
{
    const char *first = NULL;
    for (size_t i = 0; i < kf_value_length(list.value); i++) {
        const kf_value *item = kf_value_at(list.value, i);
        const char *path = kf__get_text(item, "mountPath");
        if (is_claim(item) || path == NULL || *path != '/' || path[1] == '\0')
            continue;
        size_t length = first_part(&path);
        if (first == NULL)
            first = path;
        else if (first_part(&first) != length || memcmp(first, path, length) != 0) {
            kf__check_error(check, KF_EINVAL, list.place, list.value,
                "the paths that models are fetched to need a folder in common, other "
                "than '/': '%.100s' and '%.100s' have none",
                first - 1, path - 1);
            return;
        }
    }
}

/* Claims are mounted, each at a place of its own. */
static void check_claims(const kf_check *check, kf_part list)
{
    for (size_t i = 0; i < kf_value_length(list.value); i++)
        for (size_t k = 0; k < i; k++) {
            kf_part item = KF__PART_AT(list, i);
            const kf_value *other = kf_value_at(list.value, k);
            const char *path = kf__get_text(item.value, "mountPath");
            if (!is_claim(item.value) || !is_claim(other) || path == NULL ||
                !kf__equals_text(kf_value_get(other, "mountPath"), path))
                continue;
            kf__check_error(check, KF_EEXIST, KF__PLACE(item.place, "mountPath"),
                item.value, "two volumes cannot be mounted at '%.200s'", path);
            break;
        }
}

static void check_list(const kf_check *check, kf_part list)
{
    if (list.value == NULL)
        return;
    if (kf_value_length(list.value) == 0)
        kf__check_error(check, KF_EMISSING, list.place, list.value,
            "storageUris is empty: expected one or more");
    for (size_t i = 0; i < kf_value_length(list.value); i++)
        check_item(check, KF__PART_AT(list, i));
    check_claims(check, list);
    check_parents(check, list);
}

/* ---- a component ---- */

/* The place that one uri is given in; `at` NULL: it is not given. */
static const kf_value *single_uri(
    kf_service_role role, const kf_value *component, const char **uri)
{
    const kf_value *model = kf_value_get(component, "model");
    const kf_value *art = kf_value_get(component, "art");
    const kf_value *at = NULL;
    if (role == KF_SERVICE_PREDICTOR && model != NULL)
        at = kf_value_get(model, "storageUri");
    else if (role == KF_SERVICE_EXPLAINER && art != NULL)
        at = kf__service_given(art, "storageUri") != NULL
                 ? kf_value_get(art, "storageUri")
                 : NULL;
    else
        at = kf__container_variable(
            kf__custom_container(role, component), "STORAGE_URI");
    *uri = kf__is(at, KF_KIND_STRUCT) ? kf__get_text(at, "value") : kf_value_string(at);
    return at;
}

/* ART alone still looks at this. */
static void check_art(const kf_check *check, kf_part art)
{
    kf_part storage = KF__PART(art, "storage");
    const char *uri = kf__service_given(art.value, "storageUri");
    const char *type = kf__get_text(kf_value_get(storage.value, "parameters"), "type");
    if (storage.value == NULL)
        return;
    if (uri != NULL && !kf__starts_with(uri, "s3://") &&
        !kf__starts_with(uri, "hdfs://") && !kf__starts_with(uri, "webhdfs://"))
        kf__check_error(check, KF_EINVAL, KF__PLACE(art.place, "storageUri"), art.value,
            "with storage, storageUri begins with s3://, hdfs:// or webhdfs://");
    else if (uri == NULL && type != NULL && !kf__starts_with(type, "s3") &&
             !kf__starts_with(type, "hdfs") && !kf__starts_with(type, "webhdfs"))
        kf__check_error(check, KF_EINVAL,
            KF__PLACE(KF__PLACE(storage.place, "parameters"), "type"), storage.value,
            "type '%.100s' of the storage: expected s3, hdfs or webhdfs", type);
}

/* Where it is: a field of the model, or some variable of a container. */
static void check_single(const kf_check *check, kf_service_role role, kf_part component,
    const kf_value *at, const char *uri)
{
    kf_place key;
    kf_part model = KF__PART(component, "art");
    if (role == KF_SERVICE_PREDICTOR)
        model = kf__check_model(check, component, &key);
    kf_part field = KF__PART(model, "storageUri");
    check_uri(check, at == field.value ? field.place : component.place, at, uri);
}

void kf__check_storage(const kf_check *check, kf_service_role role, kf_part component)
{
    const char *uri = NULL;
    const kf_value *at = single_uri(role, component.value, &uri);
    kf_part list = KF__PART(component, "storageUris");
    if (at != NULL && list.value != NULL)
        kf__check_error(check, KF_EINVAL, list.place, list.value,
            "storageUris stands beside one storageUri: expected one of the two");
    if (at != NULL)
        check_single(check, role, component, at, uri);
    check_list(check, list);
    if (role == KF_SERVICE_EXPLAINER)
        check_art(check, KF__PART(component, "art"));
}

/* ---- encrypted models ---- */

static bool is_word(const char **at)
{
    const char *begin = *at;
    while (isalnum((unsigned char)**at) || (**at != '\0' && strchr("_.-", **at)))
        (*at)++;
    return *at > begin;
}

/* kbs:///REPOSITORY/TYPE/TAG */
static bool is_resource(const char *id)
{
    if (!kf__starts_with(id, "kbs://"))
        return false;
    id += strlen("kbs://");
    for (int i = 0; i < 3; i++)
        if (*id++ != '/' || !is_word(&id))
            return false;
    return *id == '\0';
}

void kf__check_confidential(const kf_check *check, kf_part predictor, kf_part model)
{
    kf_part secret = KF__PART(model, "confidential");
    kf_part id = KF__PART(secret, "resourceId");
    const char *uri = kf__service_given(model.value, "storageUri");
    if (!kf_value_bool(kf_value_get(secret.value, "enabled")))
        return;
    if (uri == NULL)
        kf__check_error(check, KF_EMISSING, KF__PLACE(model.place, "storageUri"),
            secret.value, "a confidential model needs storageUri");
    else if (kf__starts_with(uri, "oci://") || kf__starts_with(uri, "pvc://"))
        kf__check_warning(check, KF_EINVAL, secret.place, secret.value,
            "confidential means nothing to '%.100s': KServe decrypts only what it "
            "fetches itself",
            uri);
    if (kf__service_given(secret.value, "resourceId") != NULL &&
        !is_resource(kf_value_string(id.value)))
        kf__check_error(check, KF_EINVAL, id.place, id.value,
            "resourceId '%.200s': expected kbs:///REPOSITORY/TYPE/TAG",
            kf_value_string(id.value));
    (void)predictor;
}
