/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-remote"

#include "remote/remote_event_queue.h"

#include "remote/remote_access.h"
#include "remote/remote_polkit.h"

/* More than this of a client don't wait. */
#define EVENTS_MAX 16384

typedef struct {
    RemoteSubject *subject;
    guint32 procedure;
    GBytes *payload;
} Event;

struct RemoteEventQueue {
    RpcClient *rpc; /* NULL: it has been freed, and a question is still under way */
    GQueue events;  /* of Event; the first is asked about */
    GCancellable *cancellable;
};

static void
event_free(gpointer data)
{
    Event *event = data;

    remote_subject_free(event->subject);
    g_bytes_unref(event->payload);
    g_free(event);
}

RemoteEventQueue *
remote_event_queue_new(RpcClient *rpc)
{
    RemoteEventQueue *queue = g_rc_box_new0(RemoteEventQueue);

    queue->rpc = rpc;
    queue->cancellable = g_cancellable_new();
    return queue;
}

static void
queue_clear(gpointer data)
{
    RemoteEventQueue *queue = data;

    g_object_unref(queue->cancellable);
}

void
remote_event_queue_free(RemoteEventQueue *queue)
{
    queue->rpc = NULL;
    g_cancellable_cancel(queue->cancellable);
    g_queue_clear_full(&queue->events, event_free);
    g_rc_box_release_full(queue, queue_clear);
}

static void ask(RemoteEventQueue *queue);

static void
handle_answer(GObject *source, GAsyncResult *result, gpointer user_data)
{
    RemoteEventQueue *queue = user_data;
    bool permitted = remote_polkit_ask_finish(result, NULL);

    if (queue->rpc) {
        Event *event = g_queue_pop_head(&queue->events);

        if (permitted)
            rpc_client_send_message(queue->rpc, REMOTE_PROGRAM, PROGRAM_VERSION, event->procedure,
                                    event->payload);
        event_free(event);
        if (!g_queue_is_empty(&queue->events))
            ask(queue);
    }
    g_rc_box_release_full(queue, queue_clear);
}

static void
ask(RemoteEventQueue *queue)
{
    const Event *event = g_queue_peek_head(&queue->events);

    remote_access_ask_async(queue->rpc, remote_filter_domains.action, event->subject,
                            queue->cancellable, handle_answer, g_rc_box_acquire(queue));
}

void
remote_event_queue_push(RemoteEventQueue *queue, const LibxlDomainRef *domain, guint32 procedure,
                        GBytes *payload)
{
    Event *event;

    if (queue->events.length >= EVENTS_MAX) {
        g_warning("client %" G_GUINT64_FORMAT ": event of domain '%s' is lost: polkit has to be "
                  "asked about %u others first",
                  rpc_client_get_id(queue->rpc), domain->name, queue->events.length);
        return;
    }
    event = g_new0(Event, 1);
    event->subject = remote_subject_new(domain->name, domain->uuid);
    event->procedure = procedure;
    event->payload = g_bytes_ref(payload);
    g_queue_push_tail(&queue->events, event);
    if (queue->events.length == 1)
        ask(queue);
}
