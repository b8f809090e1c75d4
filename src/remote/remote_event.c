/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote/remote_event.h"

#include "remote/remote_event_queue.h"
#include "remote/remote_handlers.h"
#include "remote/remote_params.h"
#include "remote/remote_util.h"
#include "remote_procedure_numbers.h"
#include "util/error.h"
#include "util/i18n.h"

#include <string.h>

/* Later than the headers that this is built with, but clients know it. */
#define EVENT_ID_NIC_MAC_CHANGE 27

#define EVENT_ID_LAST     EVENT_ID_NIC_MAC_CHANGE
#define EVENT_ID_OLD_LAST VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED

#define OLD_FAMILY (-1)

/* A client can have no more registrations than this. */
#define SUBSCRIPTIONS_MAX 1024

/* Registering */

static RemoteSubscription *
get_subscription(const RemoteClient *client, guint index)
{
    return &g_array_index(client->subscriptions, RemoteSubscription, index);
}

static bool
find_by_event(const RemoteClient *client, int event, guint *index)
{
    for (guint i = 0; i < client->subscriptions->len; i++) {
        const RemoteSubscription *subscription = get_subscription(client, i);

        if (subscription->callback_id == OLD_FAMILY && (int)subscription->event == event) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool
find_by_callback(const RemoteClient *client, int callback_id, guint *index)
{
    for (guint i = 0; callback_id >= 0 && i < client->subscriptions->len; i++) {
        if (get_subscription(client, i)->callback_id == callback_id) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool
register_old(RemoteClient *client, int event, GError **error)
{
    RemoteSubscription subscription = {.callback_id = OLD_FAMILY};
    guint index;

    if (event < 0 || event > EVENT_ID_OLD_LAST)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown domain event %d"), event);
    if (find_by_event(client, event, &index))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain event %d is already registered"), event);
    subscription.event = (virDomainEventID)event;
    g_array_append_val(client->subscriptions, subscription);
    return true;
}

static bool
deregister_old(RemoteClient *client, int event, GError **error)
{
    guint index;

    if (!find_by_event(client, event, &index))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain event %d is not registered"), event);
    g_array_remove_index(client->subscriptions, index);
    return true;
}

bool
remote_connect_domain_event_register(RemoteCall *call, gconstpointer data, gpointer result,
                                     GError **error)
{
    remote_connect_domain_event_register_ret *ret = result;

    ret->cb_registered = 1;
    return register_old(call->client, VIR_DOMAIN_EVENT_ID_LIFECYCLE, error);
}

bool
remote_connect_domain_event_deregister(RemoteCall *call, gconstpointer data, gpointer result,
                                       GError **error)
{
    return deregister_old(call->client, VIR_DOMAIN_EVENT_ID_LIFECYCLE, error);
}

bool
remote_connect_domain_event_register_any(RemoteCall *call, gconstpointer data, gpointer result,
                                         GError **error)
{
    const remote_connect_domain_event_register_any_args *args = data;

    return register_old(call->client, args->eventID, error);
}

bool
remote_connect_domain_event_deregister_any(RemoteCall *call, gconstpointer data, gpointer result,
                                           GError **error)
{
    const remote_connect_domain_event_deregister_any_args *args = data;

    return deregister_old(call->client, args->eventID, error);
}

bool
remote_connect_domain_event_callback_register_any(RemoteCall *call, gconstpointer data,
                                                  gpointer result, GError **error)
{
    const remote_connect_domain_event_callback_register_any_args *args = data;
    remote_connect_domain_event_callback_register_any_ret *ret = result;
    RemoteClient *client = call->client;
    RemoteSubscription subscription = {.callback_id = client->next_callback_id};

    if (args->eventID < 0 || args->eventID > EVENT_ID_LAST)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown domain event %d"),
                                args->eventID);
    if (client->subscriptions->len >= SUBSCRIPTIONS_MAX || client->next_callback_id == G_MAXINT)
        return virtxl_error_set(error, VIR_ERR_OPERATION_FAILED,
                                _("no more than %d event callbacks a connection"),
                                SUBSCRIPTIONS_MAX);
    subscription.event = (virDomainEventID)args->eventID;
    subscription.for_one_domain = args->dom != NULL;
    if (args->dom)
        memcpy(subscription.uuid, args->dom->uuid, sizeof(subscription.uuid));
    g_array_append_val(client->subscriptions, subscription);
    ret->callbackID = client->next_callback_id++;
    return true;
}

bool
remote_connect_domain_event_callback_deregister_any(RemoteCall *call, gconstpointer data,
                                                    gpointer result, GError **error)
{
    const remote_connect_domain_event_callback_deregister_any_args *args = data;
    guint index;

    if (!find_by_callback(call->client, args->callbackID, &index))
        return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                                _("domain event callback %d is not registered"), args->callbackID);
    g_array_remove_index(call->client->subscriptions, index);
    return true;
}

/* Sending. A kind of event has a procedure of either family and a function that
 * encodes it for a callback id or, given OLD_FAMILY, for the old family. */

typedef GBytes *(*EncodeFunc)(const LibxlDriverEvent *event, int callback_id, GError **error);

static remote_nonnull_domain
get_wire_domain(const LibxlDriverEvent *event)
{
    remote_nonnull_domain domain = {.name = event->domain->name, .id = event->domain->id};

    memcpy(domain.uuid, event->domain->uuid, sizeof(domain.uuid));
    return domain;
}

static GBytes *
encode_lifecycle(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_lifecycle_msg message = {
        .callbackID = callback_id,
        .msg = {.dom = get_wire_domain(event), .event = event->type, .detail = event->detail},
    };

    if (callback_id == OLD_FAMILY)
        return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_lifecycle_msg, &message.msg,
                              "lifecycle event", error);
    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_lifecycle_msg, &message,
                          "lifecycle event", error);
}

static GBytes *
encode_reboot(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_reboot_msg message = {
        .callbackID = callback_id,
        .msg = {.dom = get_wire_domain(event)},
    };

    if (callback_id == OLD_FAMILY)
        return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_reboot_msg, &message.msg,
                              "reboot event", error);
    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_reboot_msg, &message,
                          "reboot event", error);
}

static GBytes *
encode_device_removed(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_device_removed_msg message = {
        .callbackID = callback_id,
        .msg = {.dom = get_wire_domain(event), .devAlias = event->alias},
    };

    if (callback_id == OLD_FAMILY)
        return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_device_removed_msg, &message.msg,
                              "device-removed event", error);
    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_device_removed_msg, &message,
                          "device-removed event", error);
}

static GBytes *
encode_device_added(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_device_added_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
        .devAlias = event->alias,
    };

    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_device_added_msg, &message,
                          "device-added event", error);
}

static GBytes *
encode_device_removal_failed(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_device_removal_failed_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
        .devAlias = event->alias,
    };

    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_device_removal_failed_msg,
                          &message, "device-removal-failed event", error);
}

static GBytes *
encode_agent_lifecycle(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_agent_lifecycle_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
        .state = event->type,
        .reason = event->detail,
    };

    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_agent_lifecycle_msg, &message,
                          "agent-lifecycle event", error);
}

static GBytes *
encode_balloon_change(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    const remote_domain_event_callback_balloon_change_msg message = {
        .callbackID = callback_id,
        .msg = {.dom = get_wire_domain(event), .actual = event->kib},
    };

    if (callback_id == OLD_FAMILY)
        return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_balloon_change_msg, &message.msg,
                              "balloon-change event", error);
    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_balloon_change_msg, &message,
                          "balloon-change event", error);
}

static GBytes *
encode_metadata_change(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    char *uri = event->uri;
    const remote_domain_event_callback_metadata_change_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
        .type = event->type,
        .nsuri = uri ? &uri : NULL,
    };

    return rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_metadata_change_msg, &message,
                          "metadata-change event", error);
}

static GBytes *
encode_tunable(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    remote_domain_event_callback_tunable_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
    };
    GBytes *bytes;

    message.params.params_val = remote_params_from(event->params, &message.params.params_len);
    bytes = rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_tunable_msg, &message,
                           "tunable event", error);
    remote_params_free(message.params.params_val, message.params.params_len);
    return bytes;
}

static GBytes *
encode_job_completed(const LibxlDriverEvent *event, int callback_id, GError **error)
{
    remote_domain_event_callback_job_completed_msg message = {
        .callbackID = callback_id,
        .dom = get_wire_domain(event),
    };
    GBytes *bytes;

    message.params.params_val = remote_params_from(event->params, &message.params.params_len);
    bytes = rpc_xdr_encode((xdrproc_t)xdr_remote_domain_event_callback_job_completed_msg, &message,
                           "job-completed event", error);
    remote_params_free(message.params.params_val, message.params.params_len);
    return bytes;
}

/* Those later than EVENT_ID_OLD_LAST have no old procedure. */
static const struct {
    virDomainEventID event;
    guint32 old_procedure;
    guint32 procedure;
    EncodeFunc encode;
} kinds[] = {
    {VIR_DOMAIN_EVENT_ID_LIFECYCLE, REMOTE_PROC_DOMAIN_EVENT_LIFECYCLE,
     REMOTE_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE, encode_lifecycle},
    {VIR_DOMAIN_EVENT_ID_REBOOT, REMOTE_PROC_DOMAIN_EVENT_REBOOT,
     REMOTE_PROC_DOMAIN_EVENT_CALLBACK_REBOOT, encode_reboot},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, REMOTE_PROC_DOMAIN_EVENT_DEVICE_REMOVED,
     REMOTE_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED, encode_device_removed},
    {VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, REMOTE_PROC_DOMAIN_EVENT_BALLOON_CHANGE,
     REMOTE_PROC_DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE, encode_balloon_change},
    {VIR_DOMAIN_EVENT_ID_TUNABLE, 0, REMOTE_PROC_DOMAIN_EVENT_CALLBACK_TUNABLE, encode_tunable},
    {VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, 0, REMOTE_PROC_DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
     encode_job_completed},
    {VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, 0, REMOTE_PROC_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE,
     encode_metadata_change},
    {VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, 0, REMOTE_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_ADDED,
     encode_device_added},
    {VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, 0, REMOTE_PROC_DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE,
     encode_agent_lifecycle},
    {VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED, 0,
     REMOTE_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED, encode_device_removal_failed},
};

typedef struct {
    const LibxlDriverEvent *event;
    guint kind;
} Delivery;

static bool
subscription_matches(const RemoteSubscription *subscription, const LibxlDriverEvent *event)
{
    if (subscription->event != event->id)
        return false;
    return !subscription->for_one_domain ||
           memcmp(subscription->uuid, event->domain->uuid, sizeof(subscription->uuid)) == 0;
}

static void
send_to_subscription(const RemoteClient *client, const RemoteSubscription *subscription,
                     const Delivery *delivery)
{
    bool old = subscription->callback_id == OLD_FAMILY;
    guint32 procedure = old ? kinds[delivery->kind].old_procedure : kinds[delivery->kind].procedure;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) payload =
        kinds[delivery->kind].encode(delivery->event, subscription->callback_id, &error);

    if (!payload)
        g_warning("event of domain '%s' is lost: %s", delivery->event->domain->name,
                  error->message);
    else if (client->events)
        remote_event_queue_push(client->events, delivery->event->domain, procedure, payload);
    else
        rpc_client_send_message(client->rpc, REMOTE_PROGRAM, PROGRAM_VERSION, procedure, payload);
}

static void
send_to_client(RpcClient *rpc, gpointer user_data)
{
    const RemoteClient *client = rpc_client_get_data(rpc);
    const Delivery *delivery = user_data;

    for (guint i = 0; i < client->subscriptions->len; i++) {
        const RemoteSubscription *subscription = get_subscription(client, i);

        if (subscription_matches(subscription, delivery->event))
            send_to_subscription(client, subscription, delivery);
    }
}

void
remote_event_send(RpcServer *rpc, const LibxlDriverEvent *event)
{
    Delivery delivery = {.event = event};

    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (kinds[i].event == event->id) {
            delivery.kind = i;
            rpc_server_foreach_client(rpc, send_to_client, &delivery);
            return;
        }
    }
    g_debug("domain event %d can't be sent yet", event->id);
}
