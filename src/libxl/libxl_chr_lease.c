/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_chr_lease.h"

#include <unistd.h>

struct LibxlChrLeases {
    gint references; /* the domain's, and one of each lease */
    GMutex lock;
    GHashTable *by_path; /* of LibxlChrLease that have not ended; neither is owned */
};

struct LibxlChrLease {
    gint references; /* the holder's, and one of each notice on its way */
    LibxlChrLeases *leases;
    char *path;
    int fd; /* -1: none yet */

    /* with the lock */
    bool is_ended;
    LibxlChrLeaseEnd end;
    LibxlChrLeaseFunc func; /* NULL: not watched, or told already */
    gpointer user_data;
};

/* --- life ------------------------------------------------------------------- */

LibxlChrLeases *
libxl_chr_leases_new(void)
{
    LibxlChrLeases *leases = g_new0(LibxlChrLeases, 1);

    leases->references = 1;
    g_mutex_init(&leases->lock);
    leases->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    return leases;
}

void
libxl_chr_leases_free(LibxlChrLeases *leases)
{
    if (!g_atomic_int_dec_and_test(&leases->references))
        return;
    g_hash_table_unref(leases->by_path);
    g_mutex_clear(&leases->lock);
    g_free(leases);
}

static void
unref_lease(gpointer data)
{
    LibxlChrLease *lease = data;

    if (!g_atomic_int_dec_and_test(&lease->references))
        return;
    libxl_chr_leases_free(lease->leases);
    g_free(lease->path);
    g_free(lease);
}

/* --- the end ---------------------------------------------------------------- */

static gboolean
tell(gpointer data)
{
    LibxlChrLease *lease = data;
    LibxlChrLeaseFunc func;

    g_mutex_lock(&lease->leases->lock);
    func = lease->func;
    lease->func = NULL;
    g_mutex_unlock(&lease->leases->lock);
    if (func)
        func(lease->end, lease->user_data);
    return G_SOURCE_REMOVE;
}

/* Before whatever whoever has caused it does next there. */
static void
tell_soon(LibxlChrLease *lease)
{
    g_atomic_int_inc(&lease->references);
    g_idle_add_full(G_PRIORITY_HIGH, tell, lease, unref_lease);
}

/* With the lock. */
static void
end(LibxlChrLease *lease, LibxlChrLeaseEnd how)
{
    lease->is_ended = true;
    lease->end = how;
    tell_soon(lease);
}

void
libxl_chr_leases_end(LibxlChrLeases *leases)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&leases->lock);
    GHashTableIter iter;
    gpointer lease;

    g_hash_table_iter_init(&iter, leases->by_path);
    while (g_hash_table_iter_next(&iter, NULL, &lease)) {
        g_hash_table_iter_remove(&iter);
        end(lease, LIBXL_CHR_LEASE_DOMAIN_STOPPED);
    }
}

/* --- the holder's ------------------------------------------------------------- */

LibxlChrLease *
libxl_chr_leases_claim(LibxlChrLeases *leases, const char *path, bool force)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&leases->lock);
    LibxlChrLease *old = g_hash_table_lookup(leases->by_path, path);
    LibxlChrLease *lease;

    if (old && !force)
        return NULL;
    if (old) {
        g_hash_table_remove(leases->by_path, path);
        end(old, LIBXL_CHR_LEASE_TAKEN_OVER);
    }
    lease = g_new0(LibxlChrLease, 1);
    lease->references = 1;
    g_atomic_int_inc(&leases->references);
    lease->leases = leases;
    lease->path = g_strdup(path);
    lease->fd = -1;
    g_hash_table_insert(leases->by_path, lease->path, lease);
    return lease;
}

void
libxl_chr_lease_set_fd(LibxlChrLease *lease, int fd)
{
    lease->fd = fd;
}

int
libxl_chr_lease_get_fd(const LibxlChrLease *lease)
{
    return lease->fd;
}

void
libxl_chr_lease_watch(LibxlChrLease *lease, LibxlChrLeaseFunc func, gpointer user_data)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&lease->leases->lock);

    lease->func = func;
    lease->user_data = user_data;
    if (lease->is_ended)
        tell_soon(lease);
}

void
libxl_chr_lease_release(LibxlChrLease *lease)
{
    g_mutex_lock(&lease->leases->lock);
    lease->func = NULL;
    if (!lease->is_ended)
        g_hash_table_remove(lease->leases->by_path, lease->path);
    g_mutex_unlock(&lease->leases->lock);
    if (lease->fd >= 0)
        close(lease->fd);
    unref_lease(lease);
}
