/* Who has the host's end of a character device: one client of the daemon at a time.
 *
 * A lease is claimed, for the path of the device, by whoever opens it, and carries the
 * descriptor. It ends when its holder releases it, when somebody else takes the device
 * over by force, or when the domain stops; of the last two the holder is told.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct LibxlChrLeases LibxlChrLeases; /* all of one domain; has a lock of its own */
typedef struct LibxlChrLease LibxlChrLease;

typedef enum {
    LIBXL_CHR_LEASE_TAKEN_OVER,
    LIBXL_CHR_LEASE_DOMAIN_STOPPED,
} LibxlChrLeaseEnd;

typedef void (*LibxlChrLeaseFunc)(LibxlChrLeaseEnd end, gpointer user_data);

/* --- a domain's: any thread ---------------------------------------------------- */

LibxlChrLeases *libxl_chr_leases_new(void);
/* Leases that are held outlive it. */
void libxl_chr_leases_free(LibxlChrLeases *leases);

/* A lease of the device at @path, without a descriptor, or NULL if another holds one and
 * @force is not set. */
LibxlChrLease *libxl_chr_leases_claim(LibxlChrLeases *leases, const char *path, bool force);

/* The domain has stopped: all end. */
void libxl_chr_leases_end(LibxlChrLeases *leases);

/* --- the holder's -------------------------------------------------------------- */

/* Takes @fd over. */
void libxl_chr_lease_set_fd(LibxlChrLease *lease, int fd);
int libxl_chr_lease_get_fd(const LibxlChrLease *lease);

/* Has @func called from the default main context when the lease is ended by others, or
 * has been; the holder still releases it. Main thread. */
void libxl_chr_lease_watch(LibxlChrLease *lease, LibxlChrLeaseFunc func, gpointer user_data);

/* Closes the descriptor, and lets others have the device. If it is watched: main
 * thread. */
void libxl_chr_lease_release(LibxlChrLease *lease);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LibxlChrLease, libxl_chr_lease_release)
