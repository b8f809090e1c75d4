/* What the endpoints of all types share: endpoint.c has the common parts, and one table
 * of functions for each type does the rest.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "channel/endpoint.h"

typedef struct {
    gsize size; /* of the type's structure */

    /* Opens it. If that fails close() is called next. */
    bool (*open)(Endpoint *endpoint, const ChannelSource *source, const EndpointContext *context,
                 GError **error);
    /* @forget: also what can outlive the process. */
    void (*close)(Endpoint *endpoint, bool forget);
    /* See endpoint_close_door(); NULL: it has none. */
    void (*close_door)(Endpoint *endpoint);
    /* want_input or want_output may have changed. */
    void (*want)(Endpoint *endpoint);
    gsize (*read)(Endpoint *endpoint, const struct iovec *iov, int n_iov);
    gsize (*write)(Endpoint *endpoint, const struct iovec *iov, int n_iov);

    /* NULL: nothing is ever under way. */
    gsize (*settle)(Endpoint *endpoint, guint wait_ms);
    /* NULL: it is no file. */
    guint64 (*get_file_size)(const Endpoint *endpoint);

    /* NULL: always, 0, none. */
    bool (*is_connected)(const Endpoint *endpoint);
    guint (*get_client_pid)(const Endpoint *endpoint);
    const char *(*get_pty)(const Endpoint *endpoint);
} EndpointOps;

extern const EndpointOps endpoint_file_ops;
extern const EndpointOps endpoint_null_ops;
extern const EndpointOps endpoint_pipe_ops;
extern const EndpointOps endpoint_pty_ops;
extern const EndpointOps endpoint_socket_ops;
extern const EndpointOps endpoint_udp_ops;

/* A type embeds this as its first member. */
struct Endpoint {
    const EndpointOps *ops;
    EndpointCallbacks callbacks;
    gpointer user_data;
    char *label;
    char *id;
    FdStore *fd_store; /* may be NULL */
    bool want_input;
    bool want_output;
    bool is_dry; /* the last read gave nothing; there is nothing until ready() or changed() */
    guint64 client_count;
    guint change_source; /* will call changed() */
    guint ready_source;  /* calls ready() again and again */
};

/* Calls changed(), from the main loop. @came: it is a client that has come. */
void endpoint_tell_change(Endpoint *endpoint, bool came);
/* Calls ready(), which may free the endpoint. From the main loop only. */
void endpoint_tell_ready(Endpoint *endpoint);
/* From now on calls ready() each time the main loop comes round, or not any more. For what
 * no descriptor tells of. */
void endpoint_set_always_ready(Endpoint *endpoint, bool on);

/* fd_store.h's, with this channel's id; without a store nothing is there or kept. */
int endpoint_take_fd(Endpoint *endpoint, const char *what);
void endpoint_keep_fd(Endpoint *endpoint, const char *what, int fd);
void endpoint_forget_fd(Endpoint *endpoint, const char *what);

/* For readv() and writev() results: how many bytes that is, 0 for an error. */
gsize endpoint_count(gssize result);
/* How many bytes @iov has. */
gsize endpoint_get_size(const struct iovec *iov, int n_iov);
