/* Reads xenstore through /dev/xen/xenbus, the device that Linux gives a guest.
 *
 * A request and its answer are each a header of four 32-bit numbers in the machine's byte
 * order (type, request id, transaction id, length) and as many bytes as the length says.
 * The kernel passes them on. A path that does not begin with a slash is below the
 * domain's own directory. (Xen's docs/misc/xenstore.txt, public/io/xs_wire.h.)
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <stddef.h>

#define XENBUS_DEVICE "/dev/xen/xenbus"

/* States of a device's end (public/io/xenbus.h), those that matter here. */
enum {
    XENBUS_STATE_UNKNOWN = 0,
    XENBUS_STATE_INITIALISED = 3,
    XENBUS_STATE_CONNECTED = 4,
    XENBUS_STATE_CLOSING = 5,
    XENBUS_STATE_CLOSED = 6,
};

/* Reads the node at @path into @value, which holds @size bytes and gets a terminating NUL.
 * Returns the value's length, or -1 with errno set: ENOENT if there is no such node, EACCES
 * if it may not be read, EMSGSIZE if it is longer than @value can take, EPROTO if the answer is
 * no answer or the value has a NUL in it, or what read(2) and write(2) say. */
int xenbus_read(int fd, const char *path, char *value, size_t size);
