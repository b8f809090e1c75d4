/* One call under way, and what serves it.
 *
 * A handler turns decoded arguments into a call of the driver and its result
 * into the reply's structure, or returns false with the error set. @args and @ret
 * are the structures that the row in remote_routes.c names; @ret comes filled with
 * zeros. Strings and arrays in @ret are of malloc()'s family (GLib's are), since
 * they are freed with the XDR functions.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "libxl/libxl_chr_lease.h"
#include "libxl/libxl_driver.h"
#include "remote/remote_client.h"
#include "remote/remote_procedures.h"
#include "rpc/rpc_xdr.h"

typedef struct RemoteCall RemoteCall;
typedef struct RemoteRoute RemoteRoute;
typedef struct RemoteServer RemoteServer;
typedef struct RemoteFilter RemoteFilter;

/* See remote_subject.h. */
typedef bool (*RemoteSubjectFunc)(RemoteCall *call, GPtrArray *subjects, GError **error);

/* Where a handler runs. On a worker it may use only call->driver. */
typedef enum {
    REMOTE_LOOP,   /* in the event loop: it can't block */
    REMOTE_WORKER, /* on a worker */
    REMOTE_AGENT,  /* on a worker that nothing else needs: it waits for a guest's agent */
    REMOTE_EITHER, /* on a worker if route->blocks() says so */
} RemoteWhere;

struct RemoteRoute {
    bool (*handler)(RemoteCall *call, gconstpointer args, gpointer ret, GError **error);
    RemoteWhere where;
    bool before_auth;   /* may be called by who is not authenticated (yet) */
    bool before_open;   /* may be called on a connection that is not opened (yet) */
    xdrproc_t args_xdr; /* NULL: none */
    gsize args_size;
    xdrproc_t ret_xdr; /* NULL: none */
    gsize ret_size;
    /* For REMOTE_ACCESS_DEPENDS: do these arguments need a writable connection? */
    bool (*writes)(gconstpointer args);
    /* Do these arguments make it REMOTE_AGENT? */
    bool (*asks_agent)(gconstpointer args);
    /* Comes before the handler, in the event loop, and begins something that takes its time.
     * When that is done it calls remote_dispatch_resume(), with call->error set if the
     * handler is not to be called. NULL: nothing does. */
    bool (*begin)(RemoteCall *call, GError **error);
    /* For who is asked about (remote_access.h): whom the call is about, if that is not the first
     * of the arguments; what its list is filtered by; where in the arguments is what its
     * permissions depend on, a guint32 (0: nowhere, it takes them all). */
    RemoteSubjectFunc subject;
    const RemoteFilter *filter;
    gsize flags_at;
    /* For REMOTE_EITHER. Called in the event loop. */
    bool (*blocks)(RemoteCall *call, gconstpointer args);
};

struct RemoteCall {
    RemoteServer *server;
    LibxlDriver *driver;
    RpcClient *rpc;       /* a reference: main thread only */
    RemoteClient *client; /* rpc's data: main thread only */
    RpcHeader header;
    const RemoteProcedure *procedure;
    const RemoteRoute *route;
    gpointer args; /* decoded; NULL if it takes none, or was not decoded yet */
    gpointer ret;
    LibxlChrLease *lease; /* what a stream that it opens is for; NULL: it opens none */
    GHashTable *visible;  /* what a list may have in it; NULL: everything */
    char *image_xml;      /* of the image that polkit was asked about; NULL: of none */
    GBytes *reply;        /* encoded result; NULL: none */
    GError *error;        /* or this */
};

/* The route of a procedure, or NULL if it is not served. */
const RemoteRoute *remote_route_find(guint32 program, guint32 number);
