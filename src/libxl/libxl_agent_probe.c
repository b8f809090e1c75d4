/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_agent_probe.h"

#include "libxl/libxl_agent.h"
#include "libxl/libxl_channel.h"

#define FIRST_PAUSE_S 1
/* An agent that is there answers at once, but an emulated one is slow. */
#define ANSWER_MS     5000
/* So many agents can be waited for at the same time. */
#define THREADS       8
/* Between two looks at the counters, at most. */
#define LAST_PAUSE_S  64

/* What a thread of the pool does. */
typedef struct {
    void (*run)(LibxlDriver *driver, LibxlDomain *domain);
    LibxlDomain *domain; /* NULL: all */
} Task;

static void
task_free(gpointer data)
{
    Task *task = data;

    g_clear_pointer(&task->domain, libxl_domain_unref);
    g_free(task);
}

static void
push(LibxlDriver *driver, gpointer data)
{
    Task *task = g_memdup2(data, sizeof(Task));

    if (task->domain)
        libxl_domain_ref(task->domain);
    g_thread_pool_push(driver->probes, task, NULL);
}

static void
push_later(LibxlDriver *driver, guint milliseconds,
           void (*run)(LibxlDriver *driver, LibxlDomain *domain), LibxlDomain *domain)
{
    Task *task = g_new0(Task, 1);

    task->run = run;
    task->domain = domain ? libxl_domain_ref(domain) : NULL;
    libxl_driver_later(driver, milliseconds, push, task, task_free);
}

/* --- after the last ping: the backend's counters ------------------------------------- */

/* Those of the agent's channel of @domain, or NULL. @all: NULL if they are not known. */
static const XenChannelStats *
find_counters(const GPtrArray *all, LibxlDomain *domain)
{
    int id = libxl_domain_get_id(domain);

    return id < 0 ? NULL : xen_channel_stats_find(all, (guint32)id, LIBXL_AGENT_CHANNEL);
}

/* How many bytes have come from the guest so far, whether anybody has taken them or not. */
static guint64
get_words(const XenChannelStats *counters)
{
    return counters->tx_bytes + counters->tx_held + counters->tx_discarded;
}

/* 0 if that can't be known. */
static guint64
count_words(LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GPtrArray) all = driver->host->ops->list_channel_stats(driver->host, NULL);
    const XenChannelStats *one = find_counters(all, domain);

    return one ? get_words(one) : 0;
}

/* One that has said something is asked again; one whose channel is not virtxl-channeld's (any
 * more) can't be awaited. Returns whether it still is. */
static bool
look_at(LibxlDriver *driver, LibxlDomain *domain, const XenChannelStats *counters)
{
    bool has_spoken = false;
    bool is_awaited;

    g_mutex_lock(&domain->lock);
    if (domain->is_awaited && counters) {
        has_spoken = get_words(counters) > domain->awaited_after;
        domain->awaited_after = get_words(counters);
    }
    domain->is_awaited = domain->is_awaited && counters && !has_spoken;
    is_awaited = domain->is_awaited;
    g_mutex_unlock(&domain->lock);
    if (has_spoken)
        libxl_agent_probe(driver, domain);
    return is_awaited;
}

static bool
is_awaited(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->is_awaited;
}

static void look(LibxlDriver *driver, LibxlDomain *unused);

/* After twice as long as before. */
static void
look_later(LibxlDriver *driver)
{
    guint pause_s = (guint)g_atomic_int_get(&driver->agent_look_s);

    g_atomic_int_set(&driver->agent_look_s, (int)MIN(pause_s * 2, LAST_PAUSE_S));
    push_later(driver, pause_s * 1000, look, NULL);
}

/* Looks at all domains with one question to the backend, and goes on as long as there are
 * any. */
static void
look(LibxlDriver *driver, LibxlDomain *unused)
{
    g_autoptr(GPtrArray) domains = libxl_domain_list_get_all(driver->domains);
    g_autoptr(GPtrArray) all = NULL;
    bool goes_on = false;

    /* Who is awaited from here on has a look of its own. */
    g_atomic_int_set(&driver->agent_looks, 0);
    all = driver->host->ops->list_channel_stats(driver->host, NULL);
    for (guint i = 0; i < domains->len; i++) {
        LibxlDomain *domain = domains->pdata[i];

        /* The backend may be away for a while. */
        if (is_awaited(domain))
            goes_on |= !all || look_at(driver, domain, find_counters(all, domain));
    }
    if (goes_on && g_atomic_int_compare_and_exchange(&driver->agent_looks, 0, 1))
        look_later(driver);
}

/* @words: what had come before the last ping. */
static void
await(LibxlDriver *driver, LibxlDomain *domain, guint64 words)
{
    g_mutex_lock(&domain->lock);
    domain->is_awaited = domain->live != NULL;
    domain->awaited_after = words;
    g_mutex_unlock(&domain->lock);
    g_atomic_int_set(&driver->agent_look_s, FIRST_PAUSE_S);
    if (g_atomic_int_compare_and_exchange(&driver->agent_looks, 0, 1))
        look_later(driver);
}

/* --- pings ---------------------------------------------------------------------------- */

/* How long to wait before the next one; 0: there is none. */
static guint
get_pause_s(const LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->live && ++domain->probes < driver->config->agent_probes)
        return FIRST_PAUSE_S << (domain->probes - 1);
    domain->is_probed = false;
    return 0;
}

static bool
is_last(const LibxlDriver *driver, LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    return domain->probes + 1 >= driver->config->agent_probes;
}

static void
stop(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->is_probed = false;
}

/* What the answer means is for who watches the agent. */
static void
probe(LibxlDriver *driver, LibxlDomain *domain)
{
    /* Before it: an answer that comes too late is a sign of life. */
    guint64 words = is_last(driver, domain) ? count_words(driver, domain) : 0;
    guint pause_s;

    if (libxl_agent_ping(domain, ANSWER_MS, NULL)) {
        stop(domain);
        return;
    }
    pause_s = get_pause_s(driver, domain);
    if (pause_s > 0)
        push_later(driver, pause_s * 1000, probe, domain);
    else
        await(driver, domain, words);
}

void
libxl_agent_probe(LibxlDriver *driver, LibxlDomain *domain)
{
    bool is_probed;

    g_mutex_lock(&domain->lock);
    is_probed = domain->is_probed;
    domain->is_probed = true;
    domain->is_awaited = false;
    domain->probes = 0;
    g_mutex_unlock(&domain->lock);
    if (!is_probed)
        push_later(driver, 0, probe, domain);
}

static void
run_task(gpointer data, gpointer user_data)
{
    LibxlDriver *driver = user_data;
    Task *task = data;

    if (!g_atomic_int_get(&driver->is_closing))
        task->run(driver, task->domain);
    task_free(task);
}

GThreadPool *
libxl_agent_probe_pool_new(LibxlDriver *driver)
{
    return g_thread_pool_new(run_task, driver, THREADS, FALSE, NULL);
}

void
libxl_agent_probe_pool_free(GThreadPool *pool)
{
    g_thread_pool_free(pool, FALSE, TRUE);
}
