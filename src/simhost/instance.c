/* How it works
 *
 * The lock is a file lock, so that it ends with the process, however that ends.
 * Its file is removed by whoever holds it, so one who gets the lock looks
 * whether the file that it locked is still the one in the directory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "simhost/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

enum {
    ATTEMPTS = 100
};

typedef enum {
    LOCKED,
    BUSY,
    TRY_AGAIN,
    FAILED
} LockResult;

static bool
is_same_file(int fd, const char *path)
{
    struct stat held;
    struct stat present;

    return fstat(fd, &held) == 0 && stat(path, &present) == 0 && held.st_dev == present.st_dev &&
           held.st_ino == present.st_ino;
}

static LockResult
try_lock(SimInstance *instance, GError **error)
{
    LockResult result = LOCKED;

    if (!file_make_directory(instance->directory, 0755, error))
        return FAILED;
    instance->fd = open(instance->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (instance->fd < 0) {
        if (errno == ENOENT) /* the directory has just been removed */
            return TRY_AGAIN;
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot open '%s': %s"), instance->path,
                         g_strerror(errno));
        return FAILED;
    }
    if (flock(instance->fd, LOCK_EX | LOCK_NB) < 0)
        result = BUSY;
    else if (!is_same_file(instance->fd, instance->path))
        result = TRY_AGAIN;
    if (result != LOCKED) {
        close(instance->fd);
        instance->fd = -1;
    }
    return result;
}

bool
sim_instance_acquire(SimInstance *instance, const char *directory, bool *is_running, GError **error)
{
    LockResult result = TRY_AGAIN;

    instance->fd = -1;
    instance->directory = g_strdup(directory);
    instance->path = g_build_filename(directory, "host.lock", NULL);
    for (int i = 0; result == TRY_AGAIN && i < ATTEMPTS; i++)
        result = try_lock(instance, error);
    *is_running = result == BUSY;
    if (result == LOCKED || result == FAILED)
        return result == LOCKED;
    return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                            _("another simulated host has the lock '%s'"), instance->path);
}

void
sim_instance_release(SimInstance *instance)
{
    if (instance->fd >= 0) {
        g_unlink(instance->path);
        g_rmdir(instance->directory);
        close(instance->fd);
    }
    g_free(instance->path);
    g_free(instance->directory);
    *instance = (SimInstance){.fd = -1};
}
