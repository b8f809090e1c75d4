/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_image.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"
#include "util/file.h"
#include "util/i18n.h"

enum {
    VERSION_MIN = 1,
    VERSION_MAX = 2,
    XML_MAX = 4 * 1024 * 1024, /* what a client could have defined: a string on the wire */
    PAUSED = 1 << 0,
    COPY_SIZE = 1024 * 1024,
    NAMES_TRIED = 100,
};

/* Ends the name of an image that is not in its place yet. */
#define UNFINISHED "XXXXXX"

typedef struct {
    char magic[16];
    guint32 version;
    guint32 xml_length;
    guint32 unused[10];
} Header;

G_STATIC_ASSERT(sizeof(Header) == 64);

/* The last byte is its own: there is no NUL after it. */
static const char magic[16] = "libvirt-xml\n \0 \r";

/* --- reading -------------------------------------------------------------- */

static bool
read_all(int fd, void *data, gsize size)
{
    for (gsize done = 0; done < size;) {
        gssize n = read(fd, (char *)data + done, size - done);

        if (n > 0)
            done += (gsize)n;
        else if (n == 0 || errno != EINTR)
            return false;
    }
    return true;
}

static bool
check_header(const Header *header, GError **error)
{
    if (memcmp(header->magic, magic, sizeof(magic)) != 0)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the file is no saved image of a Xen domain"));
    if (header->version < VERSION_MIN || header->version > VERSION_MAX)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("image version %u is not supported (%d to %d are)"),
                                header->version, VERSION_MIN, VERSION_MAX);
    if (header->xml_length == 0 || header->xml_length > XML_MAX)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("invalid XML length: %u"),
                                header->xml_length);
    return true;
}

LibxlImage *
libxl_image_read(int fd, GError **error)
{
    g_autoptr(LibxlImage) image = g_new0(LibxlImage, 1);
    Header header;

    image->fd = fd;
    if (!read_all(fd, &header, sizeof(header))) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("the image ends within its header"));
        return NULL;
    }
    if (!check_header(&header, error))
        return NULL;
    image->version = header.version;
    image->paused = header.unused[0] & PAUSED;
    image->xml = g_malloc0(header.xml_length + 1);
    if (!read_all(fd, image->xml, header.xml_length)) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("the image ends within its XML"));
        return NULL;
    }
    return g_steal_pointer(&image);
}

LibxlImage *
libxl_image_open(const char *path, GError **error)
{
    /* A FIFO that nobody writes to must not keep us. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status;
    LibxlImage *image;

    if (fd < 0) {
        virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot read image '%s': %s"), path,
                         g_strerror(errno));
        return NULL;
    }
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is not a file"), path);
        return NULL;
    }
    image = libxl_image_read(fd, error);
    if (!image)
        g_prefix_error(error, "'%s': ", path);
    return image;
}

void
libxl_image_free(LibxlImage *image)
{
    if (!image)
        return;
    close(image->fd);
    g_free(image->xml);
    g_free(image);
}

/* --- writing -------------------------------------------------------------- */

static bool
write_all(int fd, const void *data, gsize size)
{
    for (gsize done = 0; done < size;) {
        gssize n = write(fd, (const char *)data + done, size - done);

        if (n >= 0)
            done += (gsize)n;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool
fail_to_write(const LibxlImageFile *file, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot write image '%s': %s"),
                            file->path, g_strerror(errno));
}

static bool
write_header(LibxlImageFile *file, const char *xml, guint version, bool paused, GError **error)
{
    gsize length = strlen(xml) + 1;
    Header header = {.version = version, .unused = {paused ? PAUSED : 0}};

    if (length > XML_MAX)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("the definition is too long for an image"));
    memcpy(header.magic, magic, sizeof(magic));
    header.xml_length = (guint32)length;
    return (write_all(file->fd, &header, sizeof(header)) && write_all(file->fd, xml, length)) ||
           fail_to_write(file, error);
}

/* What a link leads to is replaced, not the link. */
static char *
find_place(const char *path, GError **error)
{
    struct stat status;
    char *place;

    if (!g_path_is_absolute(path)) {
        virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("'%s' is not an absolute path"), path);
        return NULL;
    }
    if (stat(path, &status) < 0)
        return g_strdup(path);
    if (!S_ISREG(status.st_mode)) {
        virtxl_error_set(error, VIR_ERR_OPERATION_FAILED, _("'%s' is there and is not a file"),
                         path);
        return NULL;
    }
    place = realpath(path, NULL);
    return place ? place : g_strdup(path);
}

/* It goes with the process that has it open. Not all file systems can do that. */
static bool
open_nameless(LibxlImageFile *file)
{
    g_autofree char *directory = g_path_get_dirname(file->path);

    file->fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file->fd >= 0;
}

static bool
open_named(LibxlImageFile *file)
{
    file->temporary = g_strconcat(file->path, "." UNFINISHED, NULL);
    file->fd = g_mkstemp_full(file->temporary, O_RDWR | O_CLOEXEC, 0600);
    if (file->fd < 0)
        g_clear_pointer(&file->temporary, g_free);
    return file->fd >= 0;
}

/* A name beside its place, since a link can't take the place of a file. */
static bool
give_name(LibxlImageFile *file)
{
    g_autofree char *open_file = g_strdup_printf("/proc/self/fd/%d", file->fd);

    for (guint i = 0; i < NAMES_TRIED; i++) {
        g_autofree char *name = g_strdup_printf("%s.%06x", file->path, g_random_int() & 0xffffff);

        if (linkat(AT_FDCWD, open_file, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0) {
            file->temporary = g_steal_pointer(&name);
            return true;
        }
        if (errno != EEXIST)
            break;
    }
    return false;
}

LibxlImageFile *
libxl_image_file_new(const char *path, const char *xml, guint version, bool paused, GError **error)
{
    g_autofree char *place = find_place(path, error);
    g_autoptr(LibxlImageFile) file = NULL;

    if (!place)
        return NULL;
    file = g_new0(LibxlImageFile, 1);
    file->path = g_steal_pointer(&place);
    if (!open_nameless(file) && !open_named(file)) {
        fail_to_write(file, error);
        return NULL;
    }
    return write_header(file, xml, version, paused, error) ? g_steal_pointer(&file) : NULL;
}

bool
libxl_image_file_commit(LibxlImageFile *file, bool bypass_cache, GError **error)
{
    if (fsync(file->fd) < 0)
        return fail_to_write(file, error);
    if (bypass_cache)
        (void)posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
    if (!file->temporary && !give_name(file))
        return fail_to_write(file, error);
    if (!file_move(file->temporary, file->path, error))
        return false;
    g_clear_pointer(&file->temporary, g_free);
    return true;
}

void
libxl_image_file_free(LibxlImageFile *file)
{
    if (!file)
        return;
    if (file->fd >= 0)
        close(file->fd);
    if (file->temporary)
        g_unlink(file->temporary);
    g_free(file->temporary);
    g_free(file->path);
    g_free(file);
}

/* A domain's own name may end like that: its image's name has another end. */
static bool
is_unfinished(const char *name)
{
    gsize length = strlen(name);
    gsize end = strlen(UNFINISHED);
    const char *rest = length > end ? name + length - end : "";

    return *rest && rest[strspn(rest, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS)] == '\0' &&
           g_strrstr_len(name, (gssize)(length - end), ".save.") == rest - strlen(".save.");
}

void
libxl_image_remove_unfinished(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        if (!is_unfinished(name))
            continue;
        if (g_unlink(file) == 0)
            g_message("'%s', a save that did not end, is removed", file);
        else
            g_warning("'%s', a save that did not end, can't be removed: %s", file,
                      g_strerror(errno));
    }
}

/* --- changing ------------------------------------------------------------- */

static bool
copy_stream(int from, LibxlImageFile *file, GError **error)
{
    g_autofree char *buffer = g_malloc(COPY_SIZE);

    for (;;) {
        gssize n = read(from, buffer, COPY_SIZE);

        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !write_all(file->fd, buffer, (gsize)n))
            return fail_to_write(file, error);
    }
}

bool
libxl_image_rewrite(const char *path, const char *xml, bool paused, GError **error)
{
    g_autoptr(LibxlImage) image = libxl_image_open(path, error);
    g_autoptr(LibxlImageFile) file = NULL;

    if (!image)
        return false;
    file = libxl_image_file_new(path, xml, image->version, paused, error);
    return file && copy_stream(image->fd, file, error) &&
           libxl_image_file_commit(file, false, error);
}
