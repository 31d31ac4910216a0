/* SPDX-License-Identifier: Apache-2.0 */
/* The field `storage`, as KServe's controller and storage initializer read it together. */
#include "base/error.h"
#include "base/text.h"
#include "base/vec.h"
#include "io/json.h"
#include "serving/storage.h"

/* Of the secret's JSON to the variable of the initializer. */
static const struct {
    const char *key;
    const char *variable;
} s3_keys[] = {{"endpoint_url", "AWS_ENDPOINT_URL"},
    {"access_key_id", "AWS_ACCESS_KEY_ID"},
    {"secret_access_key", "AWS_SECRET_ACCESS_KEY"}, {"region", "AWS_DEFAULT_REGION"},
    {"ca_bundle", "AWS_CA_BUNDLE"}, {"verify_ssl", "S3_VERIFY_SSL"},
    {"anonymous", "awsAnonymousCredential"}};

static const char *next_key(const void *state, size_t index)
{
    const kf_value *secret = state;
    return index < kf_value_length(secret) ? kf_value_key(secret, index) : NULL;
}

/* The entry of the secret: by the key; without one, "default_<type>" or "default", which
 * need not be there. *out: its JSON, or NULL. */
static kf_status find_entry(kf_tree *tree, const kf_value *storage, const char *type,
    const kf_value *secret, const char **out)
{
    const char *key = kf__get_text(storage, "key");
    *out = NULL;
    if (key != NULL && *key != '\0') {
        *out = kf__get_text(secret, key);
        if (*out != NULL)
            return KF_OK;
        const char *nearest = kf__nearest(key, next_key, secret);
        return kf__fail(KF_ENOENT, "storage.key",
            "the Secret storage-config has no key \"%s\"%s%s%s", key,
            nearest != NULL ? ": did you mean \"" : "", nearest != NULL ? nearest : "",
            nearest != NULL ? "\"?" : "");
    }
    const char *name =
        type != NULL ? kf__arena_printf(&tree->arena, "default_%s", type) : "default";
    if (name == NULL)
        return KF_ENOMEM;
    *out = kf__get_text(secret, name);
    return KF_OK;
}

static kf_status read_entry(kf_tree *tree, const char *text, kf_value **out)
{
    if (text == NULL) {
        *out = kf__tree_struct(tree);
        return kf__tree_status(tree);
    }
    kf_status status = kf__json_read(tree, text, strlen(text), out);
    if (status == KF_ENOMEM)
        return status;
    if (status == KF_OK && kf__is(*out, KF_KIND_STRUCT))
        return KF_OK;
    return kf__fail(KF_EDOCUMENT, "storage.key",
        "what the Secret storage-config has for the storage is no JSON struct");
}

static kf_status check_type(const char *type)
{
    if (type == NULL)
        return kf__fail(KF_EMISSING, "storage",
            "the storage has no type: expected \"s3\" in storage.parameters.type or in "
            "the Secret storage-config");
    if (strcmp(type, "hdfs") == 0 || strcmp(type, "webhdfs") == 0)
        return kf__fail(KF_EUNSUPPORTED, "storage.parameters.type",
            "storage of type \"%s\" is not read here: copy the model to s3, or give a "
            "storageUri",
            type);
    return strcmp(type, "s3") == 0
               ? KF_OK
               : kf__fail(KF_EINVAL, "storage.parameters.type",
                     "\"%s\" is no type of storage: expected s3, hdfs or webhdfs",
                     type);
}

static kf_status put_env(
    kf_tree *tree, const kf_value *settings, const char *const **out)
{
    size_t count = 0;
    const char **env = kf__arena_alloc(
        &tree->arena, (sizeof s3_keys / sizeof *s3_keys + 1) * sizeof *env);
    if (env == NULL)
        return KF_ENOMEM;
    for (size_t i = 0; i < sizeof s3_keys / sizeof *s3_keys; i++) {
        const char *value = kf__get_text(settings, s3_keys[i].key);
        if (value == NULL)
            continue;
        env[count] =
            kf__arena_printf(&tree->arena, "%s=%s", s3_keys[i].variable, value);
        if (env[count++] == NULL)
            return KF_ENOMEM;
    }
    *out = env;
    return KF_OK;
}

kf_status kf__storage_resolve(kf_tree *tree, const kf_value *storage,
    const kf_value *secret, kf_storage_spec *out)
{
    KF__REQUIRE(tree != NULL && storage != NULL && out != NULL);
    kf_storage_spec spec = {0};
    const kf_value *parameters = kf_value_get(storage, "parameters");
    const char *entry = NULL, *path = kf__get_text(storage, "path");
    kf_value *settings = NULL;
    KF__TRY(
        find_entry(tree, storage, kf__get_text(parameters, "type"), secret, &entry));
    KF__TRY(read_entry(tree, entry, &settings));
    for (size_t i = 0; i < kf_value_length(parameters); i++)
        kf__put(tree, settings, kf_value_key(parameters, i),
            kf__tree_copy(tree, kf_value_at(parameters, i)));
    KF__TRY(kf__tree_status(tree));
    KF__TRY(check_type(kf__get_text(settings, "type")));
    const char *bucket = kf__get_text(settings, "bucket");
    if (bucket == NULL || *bucket == '\0')
        return kf__fail(KF_EMISSING, "storage.parameters.bucket",
            "storage of type s3 needs a bucket, in storage.parameters or in the Secret "
            "storage-config");
    spec.uri = kf__arena_printf(&tree->arena, "s3://%s/%s", bucket,
        path != NULL ? path + strspn(path, "/") : "");
    if (spec.uri == NULL)
        return KF_ENOMEM;
    KF__TRY(put_env(tree, settings, &spec.env));
    *out = spec;
    return KF_OK;
}
