/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_channel_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

/* How long a backend may take to let go of a socket. */
#define RELEASE_WAIT_MS 5000
#define RELEASE_POLL_MS 5

/* --- before a backend binds to it ------------------------------------------ */

static bool
clear_path(const DomainDef *live, const char *path, GError **error)
{
    struct stat status;

    if (lstat(path, &status) < 0) {
        if (errno == ENOENT)
            return true;
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR,
                                _("domain '%s': cannot look at channel path '%s': %s"), live->name,
                                path, g_strerror(errno));
    }
    if (!S_ISSOCK(status.st_mode))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED,
            _("domain '%s': channel path '%s' is taken by something that is not a socket"),
            live->name, path);
    if (unix_socket_is_served(path))
        return virtxl_error_set(
            error, VIR_ERR_OPERATION_FAILED,
            _("domain '%s': channel path '%s' is the socket of another program that listens on it"),
            live->name, path);
    return file_remove(path, error);
}

/* QEMU removes whatever is at the path before it binds, so our look at it holds
 * only where nobody else can write. */
static void
warn_of_shared_directory(const DomainDef *live, const char *directory, GPtrArray *messages)
{
    struct stat status;

    if (stat(directory, &status) == 0 && status.st_uid == 0 &&
        (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return;
    g_ptr_array_add(
        messages,
        g_strdup_printf(_("domain '%s': users other than root can write to '%s', the directory of "
                          "a channel's socket, and could put their own in its place"),
                        live->name, directory));
}

bool
libxl_channel_socket_prepare(const DomainDef *live, const DomainChrDef *channel,
                             GPtrArray *messages, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(channel->source->path);

    if (!file_make_directory(directory, 0755, error))
        return false;
    warn_of_shared_directory(live, directory, messages);
    return clear_path(live, channel->source->path, error);
}

/* --- afterwards -------------------------------------------------------------- */

/* Holds on to the socket itself, so that nobody who can write to its directory
 * gets anything else of the host's by a link in its place. */
static int
hold_socket(const char *path)
{
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
        return fd;
    if (fd >= 0) {
        close(fd);
        errno = ENOTSOCK;
    }
    return -1;
}

bool
libxl_channel_socket_own(const DomainDef *live, const DomainChrDef *channel,
                         const LibxlDriverConfig *config, GError **error)
{
    const char *path = channel->source->path;
    int fd = hold_socket(path);
    g_autofree char *same = g_strdup_printf("/proc/self/fd/%d", fd);
    bool ok = fd >= 0 && fchownat(fd, "", (uid_t)-1, config->channel_group, AT_EMPTY_PATH) == 0 &&
              chmod(same, config->channel_mode) == 0;

    if (!ok)
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                         _("domain '%s': channel '%s' has no usable socket '%s': %s"), live->name,
                         channel->target_name, path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

void
libxl_channel_socket_remove(const char *path)
{
    struct stat status;

    for (int waited = 0; waited <= RELEASE_WAIT_MS; waited += RELEASE_POLL_MS) {
        if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
            return;
        if (!unix_socket_is_served(path)) {
            g_unlink(path);
            return;
        }
        g_usleep(RELEASE_POLL_MS * 1000);
    }
    g_message("the socket '%s' is still served by a program, and stays", path);
}
