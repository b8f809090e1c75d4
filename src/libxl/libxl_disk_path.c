/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_disk_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libxl/libxl_driver_stats.h"
#include "util/error.h"
#include "util/i18n.h"

#define STAT_BLOCK 512

/* The header of a qcow2 image (QEMU's docs/interop/qcow2.txt): big-endian, the magic at
 * 0 and the size of the disk in bytes at 24. */
#define QCOW2_MAGIC       0x514649fb
#define QCOW2_SIZE_OFFSET 24

static const DomainDiskDef *
find_disk(const DomainDef *def, const char *path)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DomainDiskDef *disk = def->disks->pdata[i];

        if (strcmp(disk->target, path) == 0 || g_strcmp0(disk->source.path, path) == 0)
            return disk;
    }
    return NULL;
}

static bool
set_no_disk(const char *path, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                            _("invalid path: the domain has no disk '%s'"), path);
}

char *
libxl_disk_path_get_target(LibxlDriver *driver, const guint8 *uuid, const char *path,
                           GError **error)
{
    LibxlDomain *domain = libxl_driver_find_and_lock(driver, uuid, error);
    const DomainDiskDef *disk;
    char *target;

    if (!domain)
        return NULL;
    disk = find_disk(domain->live ? domain->live : domain->persistent, path);
    target = disk ? g_strdup(disk->target) : NULL;
    libxl_driver_unlock_domain(domain);
    if (!target)
        set_no_disk(path, error);
    return target;
}

/* --- how large ------------------------------------------------------------------------ */

static guint64
get_qcow2_size(int fd)
{
    guint32 magic = 0;
    guint64 size = 0;

    if (pread(fd, &magic, sizeof(magic), 0) != sizeof(magic) ||
        GUINT32_FROM_BE(magic) != QCOW2_MAGIC ||
        pread(fd, &size, sizeof(size), QCOW2_SIZE_OFFSET) != sizeof(size))
        return 0;
    return GUINT64_FROM_BE(size);
}

static bool
measure(int fd, DomainDiskFormat format, virDomainBlockInfo *info)
{
    guint64 bytes = 0;
    struct stat st;

    if (fstat(fd, &st) < 0)
        return false;
    if (S_ISBLK(st.st_mode)) {
        if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
            return false;
        info->physical = info->allocation = bytes;
    } else {
        info->physical = (guint64)st.st_size;
        info->allocation = (guint64)st.st_blocks * STAT_BLOCK;
    }
    info->capacity = format == DOMAIN_DISK_FORMAT_QCOW2 ? get_qcow2_size(fd) : info->physical;
    return true;
}

/* What is no disk, such as a pipe, must not be waited for. */
bool
libxl_disk_path_measure(const char *source, DomainDiskFormat format, virDomainBlockInfo *info,
                        GError **error)
{
    int fd = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    bool ok = fd >= 0 && measure(fd, format, info);

    if (!ok)
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot look at the disk '%s': %s"), source,
                         g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

bool
libxl_driver_domain_get_block_info(LibxlDriver *driver, const guint8 *uuid, const char *path,
                                   guint flags, virDomainBlockInfo *info, GError **error)
{
    DomainDiskFormat format = DOMAIN_DISK_FORMAT_RAW;
    g_autofree char *source = NULL;
    const DomainDiskDef *disk;
    LibxlDomain *domain;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetBlockInfo", error) ||
        !(domain = libxl_driver_find_and_lock(driver, uuid, error)))
        return false;
    disk = find_disk(domain->live ? domain->live : domain->persistent, path);
    if (disk) {
        source = g_strdup(disk->source.path);
        format = disk->driver.format;
    }
    libxl_driver_unlock_domain(domain);
    if (!disk)
        return set_no_disk(path, error);
    if (!source)
        return virtxl_error_set(error, VIR_ERR_OPERATION_UNSUPPORTED,
                                _("disk '%s' has no file or block device behind it"), path);
    return libxl_disk_path_measure(source, format, info, error);
}
