/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that KServe gives its storage initializer and its agent: credentials by
 * the Secrets of a service account, as pkg/credentials builds them. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/regex.h"
#include "serving/launch.h"
#include "serving/service.h"

typedef struct settings {
    const kf_launch *launch;
    kf_tree *tree;
    KF__VEC(const char *) items; /* "NAME=value"; the later one of a name counts. */
    kf_status status;
} settings;

static void set(settings *self, const char *name, const char *value)
{
    size_t length = strlen(name), at = 0;
    const char *made = kf__arena_printf(&self->tree->arena, "%s=%s", name, value);
    while (
        at < self->items.count && (strncmp(self->items.items[at], name, length) != 0 ||
                                      self->items.items[at][length] != '='))
        at++;
    if (made == NULL)
        self->status = KF_ENOMEM;
    else if (at < self->items.count)
        self->items.items[at] = made;
    else if (kf__vec_push(&self->items, made) != KF_OK)
        self->status = KF_ENOMEM;
}

/* ---- documents ---- */

static const kf_value *find_document(
    const kf_launch *launch, const char *kind, const char *name)
{
    const kf_service *found = kf_services_find(
        launch->documents, kind, kf_service_namespace(launch->service), name);
    return found != NULL ? kf_service_document(found) : NULL;
}

const kf_value *kf__launch_secret(
    const kf_launch *launch, kf_tree *tree, const char *name)
{
    const kf_value *document = find_document(launch, "Secret", name);
    const kf_value *data = kf_value_get(document, "data");
    const kf_value *plain = kf_value_get(document, "stringData");
    if (document == NULL)
        return NULL;
    kf_value *made = kf__tree_struct(tree);
    for (size_t i = 0; i < kf_value_length(data); i++) {
        kf_buf text = KF__BUF_INIT;
        const char *coded = kf_value_string(kf_value_at(data, i));
        if (coded != NULL && kf__parse_base64(&text, coded, strlen(coded)))
            kf__put(tree, made, kf_value_key(data, i),
                kf__tree_string_n(tree, kf__buf_text(&text), text.length));
        else
            kf__log(KF_LOG_WARNING, "Secret %s: data.%s is no base64", name,
                kf_value_key(data, i));
        kf__buf_finish(&text);
    }
    for (size_t i = 0; i < kf_value_length(plain); i++)
        kf__put(tree, made, kf_value_key(plain, i),
            kf__tree_copy(tree, kf_value_at(plain, i)));
    return made;
}

const char *kf__launch_variable(
    const kf_launch *launch, kf_tree *tree, const kf_value *item)
{
    const char *value = kf__get_text(item, "value");
    const kf_value *from = kf_value_get(item, "valueFrom");
    const kf_value *secret = kf_value_get(from, "secretKeyRef");
    const kf_value *map = kf_value_get(from, "configMapKeyRef");
    const kf_value *reference = secret != NULL ? secret : map;
    const char *name = kf__get_text(reference, "name");
    const char *key = kf__get_text(reference, "key");
    if (value != NULL || name == NULL || key == NULL)
        return value;
    const kf_value *data =
        secret != NULL ? kf__launch_secret(launch, tree, name)
                       : kf_value_get(find_document(launch, "ConfigMap", name), "data");
    return kf__get_text(data, key);
}

/* ---- secrets ---- */

static const char *credential_setting(
    const settings *self, const char *kind, const char *name, const char *otherwise)
{
    const kf_value *given =
        kf_services_setting(self->launch->documents, "credentials", kind);
    const char *text = kf__get_text(given, name);
    return text != NULL && *text != '\0' ? text : otherwise;
}

/* By annotation, by the secret's data, or by the configuration, in this order; NULL or
 * "": none. */
typedef struct s3_place {
    const settings *self;
    const kf_value *annotations;
    const kf_value *data;
} s3_place;

static const char *s3_setting(
    const s3_place *place, const char *annotation, const char *key, const char *config)
{
    char name[80];
    (void)snprintf(name, sizeof name, "serving.kserve.io/%s", annotation);
    const char *text = kf__get_text(place->annotations, name);
    if (text == NULL)
        text = kf__get_text(place->data, key);
    return text != NULL ? text : credential_setting(place->self, "s3", config, "");
}

static void set_endpoint(settings *self, const s3_place *place)
{
    const char *given = s3_setting(place, "s3-endpoint", "S3_ENDPOINT", "s3Endpoint");
    given += strspn(given, " \t\r\n");
    int length = (int)strcspn(given, " \t\r\n");
    if (length == 0)
        return;
    const char *secure = s3_setting(place, "s3-usehttps", "S3_USE_HTTPS", "s3UseHttps");
    bool whole =
        strncasecmp(given, "http://", 7) == 0 || strncasecmp(given, "https://", 8) == 0;
    const char *url = kf__arena_printf(&self->tree->arena, "%s%.*s",
        whole                      ? ""
        : strcmp(secure, "0") == 0 ? "http://"
                                   : "https://",
        length, given);
    if (url != NULL)
        set(self, "AWS_ENDPOINT_URL", url);
    else
        self->status = KF_ENOMEM;
}

static void set_s3(settings *self, const kf_value *annotations, const kf_value *data)
{
    static const struct {
        const char *annotation, *key, *config, *variable;
    } rows[] = {{"s3-verifyssl", "S3_VERIFY_SSL", "s3VerifySSL", "S3_VERIFY_SSL"},
        {"s3-useanoncredential", "awsAnonymousCredential", "s3UseAnonymousCredential",
            "awsAnonymousCredential"},
        {"s3-region", "AWS_DEFAULT_REGION", "s3Region", "AWS_DEFAULT_REGION"},
        {"s3-usevirtualbucket", "S3_USER_VIRTUAL_BUCKET", "s3UseVirtualBucket",
            "S3_USER_VIRTUAL_BUCKET"},
        {"s3-useaccelerate", "S3_USE_ACCELERATE", "s3UseAccelerate",
            "S3_USE_ACCELERATE"},
        {"s3-cabundle", "AWS_CA_BUNDLE", "s3CABundle", "AWS_CA_BUNDLE"}};
    const s3_place place = {self, annotations, data};
    set_endpoint(self, &place);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *value =
            s3_setting(&place, rows[i].annotation, rows[i].key, rows[i].config);
        if (*value != '\0')
            set(self, rows[i].variable, value);
    }
}

static void set_given(
    settings *self, const char *variable, const kf_value *data, const char *key)
{
    const char *value = kf__get_text(data, key);
    if (value != NULL)
        set(self, variable, value);
}

static void set_headers(settings *self, const kf_value *data)
{
    const char *host = kf__get_text(data, "https-host");
    const char *name = kf__arena_printf(&self->tree->arena, "%s-headers", host);
    if (name != NULL)
        set_given(self, name, data, "headers");
    else
        self->status = KF_ENOMEM;
}

/* What kind of credentials a secret holds, its keys say. */
static void set_secret(settings *self, const char *name)
{
    const kf_value *data = kf__launch_secret(self->launch, self->tree, name);
    const char *id =
        credential_setting(self, "s3", "s3AccessKeyIDName", "AWS_ACCESS_KEY_ID");
    const char *key = credential_setting(
        self, "s3", "s3SecretAccessKeyName", "AWS_SECRET_ACCESS_KEY");
    const char *file = credential_setting(
        self, "gcs", "gcsCredentialFileName", "gcloud-application-credentials.json");
    if (data == NULL) {
        kf__log(KF_LOG_WARNING, "%s: there is no Secret '%s' among the documents",
            self->launch->revision, name);
    } else if (kf_value_get(data, key) != NULL) {
        const kf_value *document = find_document(self->launch, "Secret", name);
        set_given(self, "AWS_ACCESS_KEY_ID", data, id);
        set_given(self, "AWS_SECRET_ACCESS_KEY", data, key);
        set_s3(self, kf_value_get(kf_value_get(document, "metadata"), "annotations"),
            data);
    } else if (kf_value_get(data, file) != NULL) {
        set_given(self, "GOOGLE_APPLICATION_CREDENTIALS_JSON", data, file);
    } else if (kf_value_get(data, "https-host") != NULL) {
        set_headers(self, data);
    } else {
        set_given(self, "HF_TOKEN", data, "HF_TOKEN");
    }
}

static void set_account(settings *self, const char *account)
{
    const kf_value *config = kf_services_setting(
        self->launch->documents, "credentials", "storageSecretNameAnnotation");
    const char *annotation = kf_value_string(config);
    const char *chosen = annotation != NULL && *annotation != '\0'
                             ? kf_service_annotation(self->launch->service, annotation)
                             : NULL;
    const kf_value *document = find_document(self->launch, "ServiceAccount", account);
    const kf_value *annotations =
        kf_value_get(kf_value_get(document, "metadata"), "annotations");
    if (document == NULL && strcmp(account, "default") != 0)
        kf__log(KF_LOG_WARNING,
            "%s: there is no ServiceAccount '%s' among the documents",
            self->launch->revision, account);
    if (kf_value_get(annotations, "eks.amazonaws.com/role-arn") != NULL)
        set_s3(self, annotations, NULL);
    if (chosen != NULL) {
        set_secret(self, chosen);
        return;
    }
    const kf_value *secrets = kf_value_get(document, "secrets");
    for (size_t i = 0; i < kf_value_length(secrets); i++) {
        const char *name = kf__get_text(kf_value_at(secrets, i), "name");
        if (name != NULL)
            set_secret(self, name);
    }
}

/* ---- containers ---- */

static void set_variables(settings *self, const kf_value *list)
{
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const kf_value *item = kf_value_at(list, i);
        const char *name = kf__get_text(item, "name");
        const char *value = kf__launch_variable(self->launch, self->tree, item);
        if (name != NULL && value != NULL)
            set(self, name, value);
    }
}

static bool supports(const kf_value *format, const char *uri)
{
    const char *prefix = kf__get_text(format, "prefix");
    const char *pattern = kf__get_text(format, "regex");
    kf_regex *regex = NULL;
    bool found = prefix != NULL && *prefix != '\0' && kf__starts_with(uri, prefix);
    if (!found && pattern != NULL && *pattern != '\0' &&
        kf__regex_new(pattern, &regex) == KF_OK &&
        kf__regex_find(regex, uri, strlen(uri), 0, &found) != KF_OK)
        found = false;
    kf__regex_free(regex);
    return found;
}

static bool is_meant(const settings *self, const kf_service *container, const char *uri)
{
    const char *chosen =
        kf__get_text(kf__launch_component(self->launch), "storageContainerName");
    const kf_value *spec = kf_service_spec(container);
    const kf_value *formats = kf_value_get(spec, "supportedUriFormats");
    bool fits = false;
    if (kf_service_what(container) != KF_SERVICE_CLUSTER_STORAGE_CONTAINER ||
        kf_value_bool(kf_value_get(spec, "disabled")))
        return false;
    for (size_t i = 0; !fits && i < kf_value_length(formats); i++)
        fits = supports(kf_value_at(formats, i), uri);
    return fits && (chosen == NULL || *chosen == '\0' ||
                       strcmp(chosen, kf_service_name(container)) == 0);
}

/* The variables of the first ClusterStorageContainer for the URI. */
static void set_container(settings *self, const char *uri)
{
    const kf_services *documents = self->launch->documents;
    for (size_t i = 0; i < kf_services_count(documents); i++) {
        const kf_service *container = kf_services_at(documents, i);
        if (!is_meant(self, container, uri))
            continue;
        set_variables(self,
            kf_value_get(kf_value_get(kf_service_spec(container), "container"), "env"));
        return;
    }
}

/* ---- all together ---- */

const kf_value *kf__launch_component(const kf_launch *launch)
{
    return kf_value_get(
        kf_service_spec(launch->service), kf__role_name(launch->component->role));
}

static const char *account_of(const kf_launch *launch)
{
    const char *name = kf__get_text(kf__launch_component(launch), "serviceAccountName");
    return name != NULL && *name != '\0' ? name : "default";
}

static kf_status finish(settings *self, const char *const **out)
{
    size_t count = self->items.count;
    const char **env = kf__arena_alloc(&self->tree->arena, (count + 1) * sizeof *env);
    if (env != NULL && count > 0)
        memcpy(env, self->items.items, count * sizeof *env);
    kf__vec_finish(&self->items);
    *out = env;
    return env != NULL && self->status == KF_OK ? kf__tree_status(self->tree)
                                                : KF_ENOMEM;
}

kf_status kf__launch_storage_env(const kf_launch *launch, kf_tree *tree,
    const char *uri, const char *const *more, const char *const **out)
{
    settings self = {.launch = launch, .tree = tree};
    set_container(&self, uri);
    if (more == NULL)
        set_account(&self, account_of(launch));
    set_variables(&self, kf_value_get(launch->component->container, "env"));
    for (; more != NULL && *more != NULL; more++) {
        const char *equals = strchr(*more, '=');
        const char *name =
            kf__arena_strndup(&tree->arena, *more, (size_t)(equals - *more));
        if (name != NULL)
            set(&self, name, equals + 1);
        else
            self.status = KF_ENOMEM;
    }
    return finish(&self, out);
}

kf_status kf__launch_logger_env(const kf_launch *launch, kf_tree *tree,
    const char *account, const char *const **out)
{
    settings self = {.launch = launch, .tree = tree};
    set_account(&self, account_of(launch));
    set_account(&self, account);
    return finish(&self, out);
}
