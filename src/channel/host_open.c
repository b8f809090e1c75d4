/* How it works: openings that hang keep their threads, of which there are enough for the
 * others to go on. What is done comes back by one Handover for all. A cancelled opening is
 * left to its thread, and what it has opened is closed when it comes back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/host_open.h"

#include <unistd.h>

#include "channel/host_open_kinds.h"
#include "util/handover.h"

struct HostOpening {
    HostOpenRequest request;
    char *path;
    gint is_cancelled; /* atomic */
    HostOpenFunc func;
    gpointer user_data;
    HostFile file;
    GError *error; /* or NULL, and there is a file */
};

bool
host_open(const HostOpenRequest *request, HostFile *file, GError **error)
{
    static bool (*const kinds[])(const HostOpenRequest *request, HostFile *file, GError **error) = {
        [HOST_OPEN_FILE] = host_open_file,
        [HOST_OPEN_PIPE] = host_open_pipe,
        [HOST_OPEN_DEVICE] = host_open_device,
    };

    *file = (HostFile){.fd = -1, .output = -1};
    if (kinds[request->kind](request, file, error))
        return true;
    if (file->fd >= 0)
        close(file->fd);
    if (file->output >= 0)
        close(file->output);
    return false;
}

/* --- without blocking ------------------------------------------------------------ */

static void
opening_free(gpointer data)
{
    HostOpening *opening = data;

    g_clear_error(&opening->error);
    g_clear_pointer(&opening->file.tail, g_bytes_unref);
    g_free(opening->path);
    g_free(opening);
}

static void
on_opened(gpointer item, gpointer user_data)
{
    HostOpening *opening = item;

    if (!g_atomic_int_get(&opening->is_cancelled)) {
        opening->func(opening->error ? NULL : &opening->file, opening->error, opening->user_data);
        return;
    }
    host_close(opening->file.fd);
    host_close(opening->file.output);
}

/* One that has been cancelled meanwhile is not begun, since it might make or empty a file. */
static void
run_opening(gpointer data, gpointer user_data)
{
    HostOpening *opening = data;
    Handover *opened = user_data;

    opening->file = (HostFile){.fd = -1, .output = -1};
    if (!g_atomic_int_get(&opening->is_cancelled))
        host_open(&opening->request, &opening->file, &opening->error);
    handover_push(opened, opening);
}

static GThreadPool *
get_threads(void)
{
    static GThreadPool *threads;

    if (!threads)
        threads = g_thread_pool_new(run_opening, handover_new(on_opened, opening_free, NULL),
                                    HOST_OPEN_THREADS, FALSE, NULL);
    return threads;
}

HostOpening *
host_open_start(const HostOpenRequest *request, HostOpenFunc func, gpointer user_data)
{
    HostOpening *opening = g_new0(HostOpening, 1);

    opening->request = *request;
    opening->request.path = opening->path = g_strdup(request->path);
    opening->func = func;
    opening->user_data = user_data;
    g_thread_pool_push(get_threads(), opening, NULL);
    return opening;
}

void
host_open_cancel(HostOpening *opening)
{
    if (opening)
        g_atomic_int_set(&opening->is_cancelled, 1);
}

/* --- closing --------------------------------------------------------------------- */

static gpointer
run_close(gpointer data)
{
    close(GPOINTER_TO_INT(data));
    return NULL;
}

void
host_close(int fd)
{
    if (fd >= 0)
        g_thread_unref(g_thread_new("close", run_close, GINT_TO_POINTER(fd)));
}
