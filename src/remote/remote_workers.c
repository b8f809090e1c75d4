/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_workers.h"

struct RemoteWorkers {
    GThreadPool *pools[REMOTE_POOLS];
    GMainContext *context;
    GFunc work;
    GFunc done;
    gpointer user_data;
    guint pending;
};

typedef struct {
    RemoteWorkers *workers;
    gpointer job;
} Done;

static gboolean
tell_done(gpointer data)
{
    Done *done = data;

    done->workers->pending--;
    done->workers->done(done->job, done->workers->user_data);
    return G_SOURCE_REMOVE;
}

static void
run_job(gpointer job, gpointer user_data)
{
    RemoteWorkers *workers = user_data;
    Done *done = g_new(Done, 1);

    workers->work(job, workers->user_data);

    done->workers = workers;
    done->job = job;

    g_autoptr(GSource) source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, tell_done, done, g_free);
    g_source_attach(source, workers->context);
}

RemoteWorkers *
remote_workers_new(guint n_workers, guint n_priority_workers, GFunc work, GFunc done,
                   gpointer user_data)
{
    const guint sizes[REMOTE_POOLS] = {n_workers, n_priority_workers, n_workers};
    RemoteWorkers *workers = g_new0(RemoteWorkers, 1);

    for (int i = 0; i < REMOTE_POOLS; i++)
        workers->pools[i] = g_thread_pool_new(run_job, workers, (gint)sizes[i], FALSE, NULL);
    workers->context = g_main_context_ref_thread_default();
    workers->work = work;
    workers->done = done;
    workers->user_data = user_data;
    return workers;
}

void
remote_workers_free(RemoteWorkers *workers)
{
    if (!workers)
        return;
    for (int i = 0; i < REMOTE_POOLS; i++)
        g_thread_pool_free(workers->pools[i], TRUE, TRUE);
    g_main_context_unref(workers->context);
    g_free(workers);
}

void
remote_workers_push(RemoteWorkers *workers, gpointer job, RemotePool pool)
{
    g_autoptr(GError) error = NULL;

    workers->pending++;
    /* On failure the job stays queued for the threads that there are. */
    if (!g_thread_pool_push(workers->pools[pool], job, &error))
        g_warning("no further worker thread: %s", error->message);
}

guint
remote_workers_get_pending(const RemoteWorkers *workers)
{
    return workers->pending;
}
