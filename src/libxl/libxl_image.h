/* The file that a saved domain is kept in, in the format of libvirt's Xen driver, so that
 * each driver restores what the other saved:
 *
 *   16 bytes    "libvirt-xml\n \0 \r"
 *   uint32      version of the host's stream: 2, or 1 of a Xen before 4.6
 *   uint32      length of the XML, with its NUL
 *   uint32[10]  unused by libvirt's driver, which writes 0 and reads nothing; here bit 0
 *               of the first says that the domain is to be restored paused
 *   XML         the live definition
 *   stream      the host's: memory, CPUs, devices
 *
 * Numbers are in the byte order of the machine. This file knows nothing of domains, and
 * is fuzzed.
 *
 * A file is written beside its place (LibxlImageFile) and renamed when it is complete and
 * on disk: there is never half of one. Where the file system can do that it has no name before,
 * so that nothing is left of it when the process is killed.
 *
 * Everything here blocks on the disk.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* A file that is read. */
typedef struct {
    int fd;        /* stands at the stream */
    guint version; /* of the stream */
    bool paused;   /* it is to be restored paused */
    char *xml;
} LibxlImage;

/* Opens the image at @path. Errors: VIR_ERR_SYSTEM_ERROR if it can't be opened;
 * VIR_ERR_OPERATION_FAILED if it is damaged or of another version; VIR_ERR_INVALID_ARG if it is
 * no such image. */
LibxlImage *libxl_image_open(const char *path, GError **error);
/* The same for a file that is open; takes @fd over. */
LibxlImage *libxl_image_read(int fd, GError **error);
void libxl_image_free(LibxlImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlImage, libxl_image_free)

/* A file that is written. */
typedef struct {
    int fd; /* the stream goes here */
    char *path;
    char *temporary; /* its name; NULL: it has none, or is in place */
} LibxlImageFile;

/* Begins the image that is to be at @path, absolute, with the header and @xml. Errors:
 * VIR_ERR_INVALID_ARG for a path that is not absolute, VIR_ERR_OPERATION_FAILED if
 * something else than a file is there, VIR_ERR_SYSTEM_ERROR if none can be made. */
LibxlImageFile *libxl_image_file_new(const char *path, const char *xml, guint version, bool paused,
                                     GError **error);
/* Syncs it and puts it into its place. @bypass_cache: and leaves the host's cache as it
 * was. Errors: VIR_ERR_SYSTEM_ERROR. */
bool libxl_image_file_commit(LibxlImageFile *file, bool bypass_cache, GError **error);
/* Removes what is not committed. */
void libxl_image_file_free(LibxlImageFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlImageFile, libxl_image_file_free)

/* Removes from @directory what images were written in that were never committed: where they
 * have names, a process that was killed has left them, and they are as large as guests are. For a
 * directory in which nobody else saves. */
void libxl_image_remove_unfinished(const char *directory);

/* Replaces the XML of the image at @path, and whether it is restored paused. Errors: as
 * above. */
bool libxl_image_rewrite(const char *path, const char *xml, bool paused, GError **error);
