/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-driver"

#include "libxl/libxl_agent_probe.h"

#include "libxl/libxl_agent.h"

/* A guest that boots has minutes until its agent runs: with these, nine. */
#define PROBES        10
#define FIRST_PAUSE_S 1
/* An agent that is there answers at once, but an emulated one is slow. */
#define ANSWER_MS     5000
/* So many agents can be waited for at the same time. */
#define THREADS       8

static void
push(LibxlDriver *driver, gpointer domain)
{
    g_thread_pool_push(driver->probes, libxl_domain_ref(domain), NULL);
}

static void
push_later(LibxlDriver *driver, LibxlDomain *domain, guint milliseconds)
{
    libxl_driver_later(driver, milliseconds, push, libxl_domain_ref(domain),
                       (GDestroyNotify)libxl_domain_unref);
}

/* How long to wait before the next one; 0: there is none. */
static guint
get_pause_s(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    if (domain->live && ++domain->probes < PROBES)
        return FIRST_PAUSE_S << (domain->probes - 1);
    domain->is_probed = false;
    return 0;
}

static void
stop(LibxlDomain *domain)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);

    domain->is_probed = false;
}

/* What the answer means is for who watches the agent. */
static void
probe(gpointer data, gpointer user_data)
{
    g_autoptr(LibxlDomain) domain = data;
    LibxlDriver *driver = user_data;
    guint pause_s;

    if (g_atomic_int_get(&driver->is_closing))
        return;
    if (libxl_agent_ping(domain, ANSWER_MS, NULL)) {
        stop(domain);
        return;
    }
    pause_s = get_pause_s(domain);
    if (pause_s > 0)
        push_later(driver, domain, pause_s * 1000);
}

void
libxl_agent_probe(LibxlDriver *driver, LibxlDomain *domain)
{
    bool is_probed;

    g_mutex_lock(&domain->lock);
    is_probed = domain->is_probed;
    domain->is_probed = true;
    domain->probes = 0;
    g_mutex_unlock(&domain->lock);
    if (!is_probed)
        push_later(driver, domain, 0);
}

GThreadPool *
libxl_agent_probe_pool_new(LibxlDriver *driver)
{
    return g_thread_pool_new(probe, driver, THREADS, FALSE, NULL);
}

void
libxl_agent_probe_pool_free(GThreadPool *pool)
{
    g_thread_pool_free(pool, FALSE, TRUE);
}
