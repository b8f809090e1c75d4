/* Tells TSan what GLib's locks and queues do.
 *
 * GLib comes as it is from the distribution, without TSan, and its mutexes are
 * futexes: TSan sees no order between threads that they keep apart, and takes all
 * that they guard for races. The functions below stand before GLib's own of the
 * same name for all of our code: each tells TSan (__tsan_release: what this thread
 * did so far ..., __tsan_acquire: ... is seen by this one from now on) and calls
 * GLib's. What is not here GLib does by system calls that TSan knows, such as
 * threads themselves. Memory that GLib itself touches is left out by the file
 * "suppressions".
 *
 * Linked into everything of a build with -Db_sanitize=thread, and into no other.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <dlfcn.h>
#include <glib.h>
#include <sanitizer/tsan_interface.h>

/* GLib's own. */
#define REAL(function) ((__typeof__(&(function)))find_real(#function))

static void (*find_real(const char *name))(void)
{
    void (*function)(void);

    /* ISO C knows no cast from an object's address to a function's */
    *(void **)&function = dlsym(RTLD_NEXT, name);
    g_assert(function);
    return function;
}

/* --- locks ------------------------------------------------------------------ */

void
g_mutex_lock(GMutex *mutex)
{
    REAL(g_mutex_lock)(mutex);
    __tsan_acquire(mutex);
}

gboolean
g_mutex_trylock(GMutex *mutex)
{
    gboolean is_locked = REAL(g_mutex_trylock)(mutex);

    if (is_locked)
        __tsan_acquire(mutex);
    return is_locked;
}

void
g_mutex_unlock(GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_mutex_unlock)(mutex);
}

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    __tsan_release(mutex);
    REAL(g_cond_wait)(cond, mutex);
    __tsan_acquire(mutex);
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    gboolean is_signalled;

    __tsan_release(mutex);
    is_signalled = REAL(g_cond_wait_until)(cond, mutex, end_time);
    __tsan_acquire(mutex);
    return is_signalled;
}

/* --- queues ----------------------------------------------------------------- */

void
g_async_queue_push(GAsyncQueue *queue, gpointer data)
{
    __tsan_release(queue);
    REAL(g_async_queue_push)(queue, data);
}

gpointer
g_async_queue_pop(GAsyncQueue *queue)
{
    gpointer data = REAL(g_async_queue_pop)(queue);

    __tsan_acquire(queue);
    return data;
}

gpointer
g_async_queue_try_pop(GAsyncQueue *queue)
{
    gpointer data = REAL(g_async_queue_try_pop)(queue);

    __tsan_acquire(queue);
    return data;
}

gpointer
g_async_queue_timeout_pop(GAsyncQueue *queue, guint64 timeout)
{
    gpointer data = REAL(g_async_queue_timeout_pop)(queue, timeout);

    __tsan_acquire(queue);
    return data;
}

/* --- functions that another thread calls ------------------------------------ */

/* What a pool calls. */
typedef struct {
    GFunc func;
    gpointer user_data;
} Call;

static void
run_in_pool(gpointer data, gpointer call_pointer)
{
    const Call *call = call_pointer;

    __tsan_acquire(call_pointer);
    call->func(data, call->user_data);
    __tsan_release(call_pointer);
}

/* Pools live as long as the process's tests; what is allocated for one is kept. */
GThreadPool *
g_thread_pool_new(GFunc func, gpointer user_data, gint max_threads, gboolean exclusive,
                  GError **error)
{
    Call *call = g_new0(Call, 1);

    call->func = func;
    call->user_data = user_data;
    return REAL(g_thread_pool_new)(run_in_pool, call, max_threads, exclusive, error);
}

gboolean
g_thread_pool_push(GThreadPool *pool, gpointer data, GError **error)
{
    __tsan_release(pool->user_data);
    return REAL(g_thread_pool_push)(pool, data, error);
}

void
g_thread_pool_free(GThreadPool *pool, gboolean immediate, gboolean wait)
{
    gpointer call = pool->user_data;

    REAL(g_thread_pool_free)(pool, immediate, wait);
    if (wait)
        __tsan_acquire(call);
}

static gboolean
is_ready(GSource *source)
{
    return TRUE;
}

static gboolean
is_ready_now(GSource *source, gint *timeout)
{
    *timeout = 0;
    return TRUE;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    __tsan_acquire(source);
    return callback(user_data);
}

static GSourceFuncs idle_funcs = {is_ready_now, is_ready, dispatch, NULL, NULL, NULL};

GSource *
g_idle_source_new(void)
{
    GSource *source = g_source_new(&idle_funcs, sizeof(GSource));

    g_source_set_priority(source, G_PRIORITY_DEFAULT_IDLE);
    return source;
}

typedef struct {
    GSource base;
    guint interval_ms;
} Timeout;

static void
set_next_time(GSource *source)
{
    gint64 interval_us = (gint64)((Timeout *)source)->interval_ms * 1000;

    g_source_set_ready_time(source, g_get_monotonic_time() + interval_us);
}

static gboolean
dispatch_timeout(GSource *source, GSourceFunc callback, gpointer user_data)
{
    __tsan_acquire(source);
    set_next_time(source);
    return callback(user_data);
}

static GSourceFuncs timeout_funcs = {NULL, NULL, dispatch_timeout, NULL, NULL, NULL};

GSource *
g_timeout_source_new(guint interval_ms)
{
    GSource *source = g_source_new(&timeout_funcs, sizeof(Timeout));

    ((Timeout *)source)->interval_ms = interval_ms;
    set_next_time(source);
    return source;
}

guint
g_source_attach(GSource *source, GMainContext *context)
{
    __tsan_release(source);
    return REAL(g_source_attach)(source, context);
}

guint
g_idle_add_full(gint priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
    GSource *source = g_idle_source_new();
    guint id;

    g_source_set_priority(source, priority);
    g_source_set_callback(source, func, data, notify);
    id = g_source_attach(source, NULL);
    g_source_unref(source);
    return id;
}

gboolean
g_idle_remove_by_data(gpointer data)
{
    return g_source_remove_by_funcs_user_data(&idle_funcs, data);
}

guint
g_idle_add(GSourceFunc func, gpointer data)
{
    return g_idle_add_full(G_PRIORITY_DEFAULT_IDLE, func, data, NULL);
}
