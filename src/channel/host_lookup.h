/* Addresses of hosts: numbers at once, names by a thread, since asking a name server
 * may take long.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/socket.h>

typedef struct {
    socklen_t size;
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    };
} HostAddress;

typedef struct {
    const char *host;    /* NULL: any address to bind to, this machine to connect to */
    const char *service; /* number or name; NULL: 0 */
    int type;            /* SOCK_STREAM or SOCK_DGRAM */
    bool bind;           /* else: to connect to */
} HostQuery;

/* Answers what needs no name server: numeric addresses, "localhost", no host. Returns an
 * array of HostAddress, at least one; or NULL, and *@error is set only if it is no case
 * for host_lookup_start() either. Errors: VIR_ERR_OPERATION_FAILED. */
GArray *host_lookup_numeric(const HostQuery *query, GError **error);

typedef struct HostLookup HostLookup;

/* Exactly one of @addresses (HostAddress, at least one; the callee's) and @error. */
typedef void (*HostLookupFunc)(GArray *addresses, const GError *error, gpointer user_data);

/* @func is called once, from the main loop; the lookup is over then. */
HostLookup *host_lookup_start(const HostQuery *query, HostLookupFunc func, gpointer user_data);
/* @func won't be called. */
void host_lookup_cancel(HostLookup *lookup);
