/* SPDX-License-Identifier: Apache-2.0 */
#include "io/library.h"

#include <dlfcn.h>

#include "base/mem.h"
#include "base/thread.h"

static kf_mutex opening = PTHREAD_MUTEX_INITIALIZER;

static kf_status find_functions(void *library, const char *file,
    const char *const *names, size_t count, void **found)
{
    for (size_t i = 0; i < count; i++) {
        found[i] = dlsym(library, names[i]);
        if (found[i] == NULL)
            return kf__fail(KF_EUNSUPPORTED, NULL,
                "%s has no function %s: it is too old", file, names[i]);
    }
    return KF_OK;
}

static kf_status open_library(const char *file, const char *package,
    const char *const *names, size_t count, void **functions)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return kf__fail(KF_EUNSUPPORTED, NULL,
            "%s is needed and not installed: on Debian, apt-get install %s", file,
            package);
    void **found = kf__calloc(count, sizeof *found);
    if (found == NULL)
        return KF_ENOMEM;
    kf_status status = find_functions(library, file, names, count, found);
    /* The first last: it tells that all are there. */
    for (size_t i = count; status == KF_OK && i-- > 0;)
        __atomic_store_n(&functions[i], found[i], __ATOMIC_RELEASE);
    kf__free(found);
    return status;
}

kf_status kf__library_open(const char *file, const char *package,
    const char *const *names, size_t count, void **functions)
{
    if (__atomic_load_n(&functions[0], __ATOMIC_ACQUIRE) != NULL)
        return KF_OK;
    kf__mutex_lock(&opening);
    kf_status status = KF_OK;
    if (functions[0] == NULL)
        status = open_library(file, package, names, count, functions);
    kf__mutex_unlock(&opening);
    return status;
}
