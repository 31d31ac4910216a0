/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a tree of the cache holds a shared lock of <models>/uses/<digest>, which ends
 * with the process at the latest; who removes it an exclusive one. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "io/file.h"
#include "serving/storage_job.h"

static kf_status open_use(const kf_storage_job *job, const char *digest, int *out)
{
    kf_buf path = KF__BUF_INIT;
    kf__buf_printf(&path, "%s/uses/%s", job->models, digest);
    kf_status status = path.status;
    if (status == KF_OK)
        status = kf__make_parent_folders(path.data);
    if (status == KF_OK) {
        *out = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        status = *out >= 0 ? KF_OK : kf__file_fail(path.data, "open");
    }
    kf__buf_finish(&path);
    return status;
}

kf_status kf__storage_use(kf_storage_job *job, const char *digest)
{
    int fd = -1;
    KF__TRY(open_use(job, digest, &fd));
    while (flock(fd, LOCK_SH) != 0) {
        if (errno == EINTR)
            continue;
        kf_status status = kf__file_fail(digest, "lock");
        (void)close(fd);
        return status;
    }
    (void)futimens(fd, NULL); /* When it was used last. */
    kf_status status = kf__vec_push(&job->uses.locks, fd);
    if (status != KF_OK)
        (void)close(fd);
    return status;
}

bool kf__storage_is_used(kf_storage_job *job, const char *digest, int *lock)
{
    *lock = -1;
    if (open_use(job, digest, lock) != KF_OK)
        return true;
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
        return false;
    (void)close(*lock);
    *lock = -1;
    return true;
}

void kf__storage_lease_finish(kf_storage_lease *lease)
{
    for (size_t i = 0; i < lease->locks.count; i++)
        (void)close(lease->locks.items[i]);
    kf__vec_finish(&lease->locks);
}

kf_status kf__storage_lease_move(kf_storage_lease *from, kf_storage_lease *to)
{
    for (size_t i = 0; i < from->locks.count; i++)
        KF__TRY(kf__vec_push(&to->locks, from->locks.items[i]));
    from->locks.count = 0;
    kf__storage_lease_finish(from);
    return KF_OK;
}
