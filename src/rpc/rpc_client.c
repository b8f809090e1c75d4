/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc/rpc_client_private.h"

#include <unistd.h>

/* Time for a refused client to make its first call. */
#define REFUSED_MS 5000u

static void
take_turn(GIOCondition condition, gpointer user_data)
{
    RpcClient *client = rpc_client_ref(user_data);

    rpc_client_turn(client, condition);
    rpc_client_unref(client);
}

void
rpc_client_log(const RpcClient *client, GLogLevelFlags level, const char *format, ...)
{
    g_autofree char *text = NULL;
    g_autofree char *id = g_strdup_printf("%" G_GUINT64_FORMAT, client->id);
    g_autofree char *pid = g_strdup_printf("%ld", (long)client->identity.pid);
    g_autofree char *uid = g_strdup_printf("%lu", (unsigned long)client->identity.uid);
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);
    g_log_structured(G_LOG_DOMAIN, level, "VIRTXL_CLIENT", id, "VIRTXL_CLIENT_PID", pid,
                     "VIRTXL_CLIENT_UID", uid, "MESSAGE", "client %s (pid %s, uid %s): %s", id, pid,
                     uid, text);
}

static gint64
deadline_in(guint milliseconds)
{
    return g_get_monotonic_time() + (gint64)milliseconds * 1000;
}

gint64
rpc_client_earlier_deadline(gint64 a, gint64 b)
{
    if (a < 0 || b < 0)
        return MAX(a, b);
    return MIN(a, b);
}

RpcClient *
rpc_client_new(RpcPoll *poll, int fd, guint64 id, const RpcIdentity *identity,
               const RpcClientLimits *limits, const RpcClientHandler *handler, gpointer user_data)
{
    RpcClient *client = g_new0(RpcClient, 1);

    client->references = 1;
    client->id = id;
    client->identity = *identity;
    client->limits = *limits;
    client->limits.max_requests = MAX(limits->max_requests, 1);
    client->handler = handler;
    client->user_data = user_data;
    client->fd = fd;
    client->reader = rpc_reader_new();
    client->output = rpc_output_new();
    client->keepalive.deadline = -1;
    client->follow_up_deadline = -1;
    client->finish_deadline = -1;
    client->authentication_deadline =
        identity->authenticated ? -1 : deadline_in(limits->authentication_ms);

    client->condition = G_IO_IN;
    client->watch = rpc_watch_new(poll, fd, client->condition, take_turn, client);
    rpc_watch_set_time(client->watch, client->authentication_deadline);
    return client;
}

RpcClient *
rpc_client_ref(RpcClient *client)
{
    client->references++;
    return client;
}

/* Gives back the socket and all that was waiting on either side of it. */
static void
drop_connection(RpcClient *client)
{
    g_clear_pointer(&client->watch, rpc_watch_free);
    close(client->fd);
    client->fd = -1;
    g_clear_pointer(&client->reader, rpc_reader_free);
    g_clear_pointer(&client->output, rpc_output_free);
    g_clear_pointer(&client->held, rpc_message_unref);
}

void
rpc_client_unref(RpcClient *client)
{
    if (--client->references > 0)
        return;
    if (client->fd >= 0)
        drop_connection(client);
    g_clear_error(&client->refusal);
    rpc_client_set_data(client, NULL, NULL);
    g_free(client);
}

void
rpc_client_close(RpcClient *client)
{
    if (client->fd < 0)
        return;
    rpc_client_ref(client);
    drop_connection(client);
    rpc_client_log(client, G_LOG_LEVEL_DEBUG, "closed");
    if (client->handler->on_closed)
        client->handler->on_closed(client, client->user_data);
    rpc_client_unref(client);
}

void
rpc_client_request_close(RpcClient *client)
{
    client->broken = true;
    rpc_watch_set_time(client->watch, 0);
}

void
rpc_client_request_turn(RpcClient *client)
{
    if (client->fd >= 0 && !client->in_turn)
        rpc_watch_set_time(client->watch, 0);
}

bool
rpc_client_is_settled(const RpcClient *client)
{
    return client->outstanding == 0 && rpc_output_get_size(client->output) == 0;
}

void
rpc_client_finish(RpcClient *client, guint grace_ms)
{
    if (client->fd < 0 || client->stage == RPC_CLIENT_DRAINING)
        return;
    if (rpc_client_is_settled(client)) {
        rpc_client_request_close(client);
        return;
    }
    /* There is nothing more to say to a refused client. */
    if (client->stage == RPC_CLIENT_OPEN)
        client->stage = client->refusal ? RPC_CLIENT_ENDING : RPC_CLIENT_FINISHING;
    client->finish_deadline =
        rpc_client_earlier_deadline(client->finish_deadline, deadline_in(grace_ms));
    rpc_client_request_turn(client);
}

void
rpc_client_refuse(RpcClient *client, const GError *error)
{
    g_clear_error(&client->refusal);
    client->refusal = g_error_copy(error);
    client->authentication_deadline =
        rpc_client_earlier_deadline(client->authentication_deadline, deadline_in(REFUSED_MS));
    rpc_client_request_turn(client);
}

guint64
rpc_client_get_id(const RpcClient *client)
{
    return client->id;
}

const RpcIdentity *
rpc_client_get_identity(const RpcClient *client)
{
    return &client->identity;
}

const RpcClientCounters *
rpc_client_get_counters(const RpcClient *client)
{
    return &client->counters;
}

guint
rpc_client_get_outstanding(const RpcClient *client)
{
    return client->outstanding;
}

bool
rpc_client_is_closed(const RpcClient *client)
{
    return client->fd < 0;
}

void
rpc_client_set_authenticated(RpcClient *client, bool authenticated)
{
    client->identity.authenticated = authenticated;
    client->authentication_deadline =
        authenticated ? -1 : deadline_in(client->limits.authentication_ms);
    rpc_client_request_turn(client);
}

void
rpc_client_set_data(RpcClient *client, gpointer data, GDestroyNotify destroy)
{
    gpointer old = client->data;
    GDestroyNotify old_destroy = client->data_destroy;

    client->data = data;
    client->data_destroy = destroy;
    if (old && old_destroy)
        old_destroy(old);
}

gpointer
rpc_client_get_data(const RpcClient *client)
{
    return client->data;
}

void
rpc_client_hold(RpcClient *client)
{
    client->holds++;
}

void
rpc_client_release(RpcClient *client)
{
    g_return_if_fail(client->holds > 0);
    if (--client->holds == 0)
        rpc_client_request_turn(client);
}

void
rpc_client_start_keepalive(RpcClient *client, guint interval_ms, guint count)
{
    rpc_keepalive_start(&client->keepalive, (gint64)interval_ms * 1000, count,
                        g_get_monotonic_time());
    rpc_client_request_turn(client);
}
