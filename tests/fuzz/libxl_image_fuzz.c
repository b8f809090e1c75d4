/* Whatever is in a file, it is an image with XML that ends where it says, or it is refused.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_image.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_SIZE 64

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    int fd = memfd_create("image", MFD_CLOEXEC);
    g_autoptr(LibxlImage) image = NULL;
    g_autoptr(GError) error = NULL;

    g_assert(fd >= 0 && write(fd, data, size) == (gssize)size && lseek(fd, 0, SEEK_SET) == 0);
    image = libxl_image_read(fd, &error);
    if (!image) {
        g_assert(error != NULL);
        return 0;
    }
    g_assert(image->version >= 1 && image->version <= 2);
    g_assert(HEADER_SIZE + strlen(image->xml) <= size);
    g_assert((gsize)lseek(image->fd, 0, SEEK_CUR) <= size);
    return 0;
}
