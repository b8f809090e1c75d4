/* Opens what a channel has on the host by its path, and closes it, in threads: a disk, the
 * server of a network file system, or the driver of a device may hang, in the search for the
 * path already, whatever flags there are; and a terminal is closed only when it has sent what
 * it has.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum {
    HOST_OPEN_FILE,   /* to be written to at its end; made with mode 0600 if it is missing */
    HOST_OPEN_PIPE,   /* FIFOs PATH.in and PATH.out, or where one is missing PATH for both */
    HOST_OPEN_DEVICE, /* a character device; a terminal is made raw */
} HostOpenKind;

typedef struct {
    HostOpenKind kind;
    const char *path;
    bool append;      /* a file is not emptied */
    gint64 tail_from; /* reads what a file has from this place on, but no more than one piece
                       * of a DiskWriter and a byte; -1: nothing */
} HostOpenRequest;

/* What is open. */
typedef struct {
    int fd;
    int output;    /* of a pair of FIFOs the one for what comes from the guest, else -1 */
    bool can_poll; /* of a device */
    guint64 size;  /* of a file */
    GBytes *tail;  /* what was asked for; NULL: nothing */
} HostFile;

/* Fills *@file, of which the caller owns what is in it. What is not of its kind is refused, and
 * of a file a link, too. Blocks. Errors: VIR_ERR_OPERATION_FAILED. */
bool host_open(const HostOpenRequest *request, HostFile *file, GError **error);

typedef struct HostOpening HostOpening;

/* @file->fd and output are the callee's; or @file is NULL, and @error says why. */
typedef void (*HostOpenFunc)(const HostFile *file, const GError *error, gpointer user_data);

/* The same without blocking: @func is called once, from the main loop; the opening is over
 * then. So many are under way at the same time (HOST_OPEN_THREADS), the next one waits. */
HostOpening *host_open_start(const HostOpenRequest *request, HostOpenFunc func, gpointer user_data);
/* @func won't be called. NULL is no error. */
void host_open_cancel(HostOpening *opening);

#define HOST_OPEN_THREADS 64

/* Closes @fd without blocking. -1 is no error. */
void host_close(int fd);
