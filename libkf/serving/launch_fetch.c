/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a component: its model, or what storageUris put at several places. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/file.h"
#include "serving/launch.h"
#include "serving/model.h"
#include "serving/service.h"
#include "serving/storage.h"

#define MODELS "/mnt/models"

/* ---- one of them ---- */

/* The Secret of storage specs: by an annotation of the service, or by the configuration. */
static const kf_value *spec_secret(const kf_launch *launch, kf_tree *tree)
{
    const kf_services *documents = launch->documents;
    const char *name = kf_value_string(
        kf_services_setting(documents, "credentials", "storageSpecSecretName"));
    const char *annotation = kf_value_string(
        kf_services_setting(documents, "credentials", "storageSecretNameAnnotation"));
    const char *chosen = annotation != NULL && *annotation != '\0'
                             ? kf_service_annotation(launch->service, annotation)
                             : NULL;
    if (chosen != NULL)
        name = chosen;
    return kf__launch_secret(
        launch, tree, name != NULL && *name != '\0' ? name : "storage-config");
}

static kf_status fetch(const kf_launch *launch, kf_tree *tree, const char *uri,
    const char *const *more, char **path, kf_storage_lease *lease)
{
    kf_storage_options options = {
        .home = launch->home, .cancel = launch->cancel, .lease = lease};
    KF__TRY(kf__launch_storage_env(launch, tree, uri, more, &options.env));
    return kf__storage_fetch(uri, &options, path);
}

/* ---- several of them: a folder that has each at its place ---- */

typedef struct mounts {
    const kf_launch *launch;
    kf_tree *tree;
    const char *root; /* "<home>/services/default/iris-predictor-00001.mounts" */
    kf_value *places; /* Place in a container: folder here. */
    kf_storage_lease *lease;
} mounts;

static kf_status link_entry(const char *from, const char *to)
{
    if (symlink(from, to) == 0)
        return KF_OK;
    /* What comes later counts. */
    if (errno == EEXIST && unlink(to) == 0 && symlink(from, to) == 0)
        return KF_OK;
    return kf__file_fail(to, "link");
}

static kf_status link_into(const char *from, const char *name, const char *folder)
{
    char *source = kf__join_path(from, name), *target = kf__join_path(folder, name);
    kf_status status =
        source != NULL && target != NULL ? link_entry(source, target) : KF_ENOMEM;
    kf__free(source);
    kf__free(target);
    return status;
}

/* What is in a folder, each by a link, so that others may lie beside it. */
static kf_status link_all(const char *from, const char *folder)
{
    kf_status status = KF_OK;
    if (!kf__is_folder(from)) {
        char *target = kf__join_path(folder, strrchr(from, '/') + 1);
        status = target != NULL ? link_entry(from, target) : KF_ENOMEM;
        kf__free(target);
        return status;
    }
    DIR *all = opendir(from);
    if (all == NULL)
        return kf__file_fail(from, "read");
    for (const struct dirent *entry; status == KF_OK && (entry = readdir(all)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = link_into(from, entry->d_name, folder);
    (void)closedir(all);
    return status;
}

static kf_status mount(mounts *self, const char *uri, const char *place)
{
    char *path = NULL;
    if (place[0] != '/' || strstr(place, "..") != NULL)
        return kf__fail(KF_EINVAL, "storageUris",
            "'%.200s' is no mountPath: expected an absolute path", place);
    const char *folder =
        kf__arena_printf(&self->tree->arena, "%s%s", self->root, place);
    if (folder == NULL)
        return KF_ENOMEM;
    KF__TRY(fetch(self->launch, self->tree, uri, NULL, &path, self->lease));
    kf_status status = kf__make_folders(folder);
    if (status == KF_OK)
        status = link_all(path, folder);
    kf__free(path);
    kf__put_text(self->tree, self->places, place, folder);
    return status != KF_OK ? status : kf__tree_status(self->tree);
}

static kf_status begin(mounts *self)
{
    const kf_launch *launch = self->launch;
    const char *base = kf__arena_printf(&self->tree->arena, "%s/services/%s",
        launch->home, kf_service_namespace(launch->service));
    const char *name =
        kf__arena_printf(&self->tree->arena, "%s.mounts", launch->revision);
    if (base == NULL || name == NULL)
        return KF_ENOMEM;
    self->root = kf__arena_printf(&self->tree->arena, "%s/%s", base, name);
    self->places = kf__tree_struct(self->tree);
    if (self->root == NULL)
        return KF_ENOMEM;
    KF__TRY(kf__make_folders(base));
    return kf__remove_tree_below(base, name);
}

/* ---- the model among them ---- */

static bool has_model(const kf_launch *launch, const char *folder)
{
    const char *format = launch->component->format;
    char *file = NULL;
    if (format == NULL)
        return false;
    bool has = kf__model_file(folder,
                   strcmp(format, "sklearn") == 0 ? "numbers" : format, &file) == KF_OK;
    kf__free(file);
    return has;
}

static bool ends_at(const char *path, size_t length)
{
    return path[length] == '\0' || path[length] == '/';
}

/* The folder above all places. */
static const char *common_folder(const mounts *self)
{
    const char *first = kf_value_key(self->places, 0);
    size_t length = strlen(first);
    for (size_t i = 1; i < kf_value_length(self->places); i++) {
        const char *other = kf_value_key(self->places, i);
        size_t same = 0;
        while (same < length && other[same] == first[same])
            same++;
        while (same > 0 && !(ends_at(first, same) && ends_at(other, same)))
            same--;
        length = same;
    }
    return kf__arena_printf(
        &self->tree->arena, "%s%.*s", self->root, (int)length, first);
}

/* What is at /mnt/models; else the only place with a model; else all of it. */
static const char *model_of(const mounts *self)
{
    const char *found = kf__get_text(self->places, MODELS);
    size_t count = 0;
    if (found != NULL)
        return found;
    for (size_t i = 0; i < kf_value_length(self->places); i++) {
        const char *folder = kf_value_string(kf_value_at(self->places, i));
        if (!has_model(self->launch, folder))
            continue;
        found = folder;
        count++;
    }
    return count == 1 ? found : common_folder(self);
}

static kf_status fetch_all(const kf_launch *launch, kf_tree *tree, kf_value **places,
    char **path, kf_storage_lease *lease)
{
    mounts self = {.launch = launch, .tree = tree, .lease = lease};
    const kf_value *list = launch->component->storage_uris;
    KF__TRY(begin(&self));
    for (size_t i = 0; i < kf_value_length(list); i++) {
        const char *uri = kf__get_text(kf_value_at(list, i), "uri");
        const char *place = kf__get_text(kf_value_at(list, i), "mountPath");
        KF__TRY(mount(
            &self, uri != NULL ? uri : "", place != NULL && *place ? place : MODELS));
    }
    const char *model = model_of(&self);
    *places = self.places;
    *path = model != NULL ? kf__strdup(model) : NULL;
    return *path != NULL ? KF_OK : KF_ENOMEM;
}

/* A single one at the usual place is used where it lies. */
static const char *only_uri(const kf_value *list)
{
    const kf_value *item = kf_value_at(list, 0);
    const char *place = kf__get_text(item, "mountPath");
    bool usual = place == NULL || *place == '\0' || strcmp(place, MODELS) == 0;
    return kf_value_length(list) == 1 && usual ? kf__get_text(item, "uri") : NULL;
}

kf_status kf__launch_fetch(const kf_launch *launch, kf_tree *tree, kf_value **places,
    char **path, kf_storage_lease *lease)
{
    const kf_service_component *component = launch->component;
    kf_storage_spec spec = {.uri = component->storage_uri};
    *path = NULL;
    *places = NULL;
    if (spec.uri == NULL && component->storage != NULL)
        KF__TRY(kf__storage_resolve(
            tree, component->storage, spec_secret(launch, tree), &spec));
    if (spec.uri == NULL)
        spec.uri = only_uri(component->storage_uris);
    if (spec.uri != NULL)
        return fetch(launch, tree, spec.uri, spec.env, path, lease);
    if (kf_value_length(component->storage_uris) > 0)
        return fetch_all(launch, tree, places, path, lease);
    return KF_OK;
}
