/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-remote"

#include "remote/remote_access.h"

#include "remote/remote_check.h"
#include "remote/remote_polkit.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/uuid.h"

/* As libvirt's driver is called in rules. */
#define DRIVER_NAME "Xen"

/* Questions about what a list may have in it that are under way at once, of one call: enough
 * that a long list is not as many round trips, and few beside what polkit is asked at most
 * (remote_polkit.c), so that others get their answers between them. */
#define CANDIDATES_ASKED_MAX 16

/* A call that waits, and how far the questions about it are. */
typedef struct {
    RemoteCall *call;
    RemoteCheck *check;
    GPtrArray *subjects;          /* what its permissions are about; one, or none is needed */
    GPtrArray *candidates;        /* what its list may have in it; NULL: it gives none */
    const RemotePermission *next; /* to ask about; its action is NULL: all have been */
    guint candidate;              /* likewise */
    guint n_asked;                /* candidates that wait for their answers */
} Access;

/* A question about one of the candidates. */
typedef struct {
    Access *access;
    const RemoteSubject *subject;
} Question;

/* --- which permissions ------------------------------------------------------------------ */

static bool
holds(const RemoteCall *call, const RemotePermission *permission)
{
    guint32 flags;

    if (permission->when == REMOTE_ALWAYS || call->route->flags_at == 0)
        return true;
    flags = *(const guint32 *)(const void *)((const char *)call->args + call->route->flags_at);
    switch (permission->when) {
    case REMOTE_ALWAYS:
        return true;
    case REMOTE_IF_SET:
        return flags & permission->flags;
    case REMOTE_IF_NONE_SET:
        return !(flags & permission->flags);
    case REMOTE_IF_EQUAL:
        return flags == permission->flags;
    }
    g_return_val_if_reached(true);
}

static RemoteSubjectFunc
get_subject_func(const RemoteCall *call)
{
    if (call->route->subject)
        return call->route->subject;
    for (const RemotePermission *p = call->procedure->permissions; p->action; p++) {
        if (p->object == REMOTE_OBJECT_DOMAIN)
            return remote_subject_domain;
        if (p->object == REMOTE_OBJECT_NODE_DEVICE)
            return remote_subject_node_device;
    }
    return NULL;
}

bool
remote_access_is_checked(const RemoteCall *call)
{
    return call->client->access_checked && call->procedure->permissions;
}

/* --- asking ----------------------------------------------------------------------------- */

void
remote_access_ask_async(const RpcClient *rpc, const char *action, const RemoteSubject *subject,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    const char *details[] = {"connect_driver", DRIVER_NAME, NULL, NULL, NULL, NULL, NULL};
    const RemotePolkitQuestion question = {
        .identity = rpc_client_get_identity(rpc), .action = action, .details = details};

    if (subject && *subject->uuid != '\0') {
        details[2] = "domain_name";
        details[3] = subject->name;
        details[4] = "domain_uuid";
        details[5] = subject->uuid;
    } else if (subject) {
        details[2] = "node_device_name";
        details[3] = subject->name;
    }
    remote_polkit_ask_async(&question, cancellable, callback, user_data);
}

static void
end(Access *access)
{
    RemoteCheck *check = access->check;

    g_ptr_array_unref(access->subjects);
    g_clear_pointer(&access->candidates, g_ptr_array_unref);
    g_free(access);
    remote_check_end(check);
}

static void ask_next(Access *access);

static void
handle_permission(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Access *access = user_data;
    RemoteCall *call = access->call;
    g_autoptr(GError) error = NULL;

    if (remote_polkit_ask_finish(result, &error)) {
        access->next++;
        ask_next(access);
        return;
    }
    g_info("client %" G_GUINT64_FORMAT ": %s: %s", rpc_client_get_id(call->rpc),
           call->procedure->name, error->message);
    if (g_error_matches(error, VIRTXL_ERROR, VIR_ERR_AUTH_CANCELLED))
        call->error = g_steal_pointer(&error);
    else
        virtxl_error_set(&call->error, VIR_ERR_ACCESS_DENIED, _("polkit denies action '%s'"),
                         access->next->action);
    end(access);
}

static void ask_candidates(Access *access);

static void
handle_candidate(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autofree Question *question = user_data;
    Access *access = question->access;
    RemoteCall *call = access->call;
    const RemoteSubject *subject = question->subject;
    g_autoptr(GError) error = NULL;

    access->n_asked--;
    if (remote_polkit_ask_finish(result, &error))
        g_hash_table_add(call->visible,
                         g_strdup(*subject->uuid != '\0' ? subject->uuid : subject->name));
    else if (!call->error && g_error_matches(error, VIRTXL_ERROR, VIR_ERR_AUTH_CANCELLED))
        call->error = g_steal_pointer(&error);
    ask_candidates(access);
}

static void
ask_candidate(Access *access, const RemoteSubject *subject)
{
    RemoteCall *call = access->call;
    Question *question = g_new(Question, 1);

    *question = (Question){access, subject};
    access->n_asked++;
    remote_access_ask_async(call->rpc, call->route->filter->action, subject,
                            access->check->cancellable, handle_candidate, question);
}

/* After an error, nothing is asked any more, but what has been is waited for. */
static void
ask_candidates(Access *access)
{
    guint n_candidates = access->candidates ? access->candidates->len : 0;

    while (!access->call->error && access->candidate < n_candidates &&
           access->n_asked < CANDIDATES_ASKED_MAX)
        ask_candidate(access, access->candidates->pdata[access->candidate++]);
    if (access->n_asked == 0)
        end(access);
}

static void
ask_next(Access *access)
{
    RemoteCall *call = access->call;
    const RemotePermission *next;
    const RemoteSubject *subject = NULL;

    while (access->next->action && !holds(call, access->next))
        access->next++;
    next = access->next;
    if (!next->action) {
        ask_candidates(access);
        return;
    }
    if (next->object != REMOTE_OBJECT_CONNECT && access->subjects->len)
        subject = access->subjects->pdata[0];
    remote_access_ask_async(call->rpc, next->action, subject, access->check->cancellable,
                            handle_permission, access);
}

/* --- what about --------------------------------------------------------------------------- */

/* On a thread of GLib's. */
static void
find_subjects(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    Access *access = data;
    RemoteCall *call = access->call;
    RemoteSubjectFunc find = get_subject_func(call);
    GError *error = NULL;

    if ((find && !find(call, access->subjects, &error)) ||
        (access->candidates && !call->route->filter->list(call, access->candidates, &error)))
        g_task_return_error(task, error);
    else
        g_task_return_boolean(task, TRUE);
}

static void
handle_subjects(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Access *access = user_data;

    if (g_task_propagate_boolean(G_TASK(result), &access->call->error))
        ask_next(access);
    else
        end(access);
}

void
remote_access_begin(RemoteCall *call)
{
    Access *access = g_new0(Access, 1);
    g_autoptr(GTask) task = g_task_new(NULL, NULL, handle_subjects, access);

    access->call = call;
    access->check = remote_check_begin(call);
    access->subjects = remote_subjects_new();
    access->next = call->procedure->permissions;
    if (call->route->filter) {
        access->candidates = remote_subjects_new();
        call->visible = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    }
    g_task_set_task_data(task, access, NULL);
    g_task_run_in_thread(task, find_subjects);
}

/* --- for handlers -------------------------------------------------------------------------- */

bool
remote_access_shows_domain(const RemoteCall *call, const guint8 *uuid)
{
    char text[VIR_UUID_STRING_BUFLEN];

    uuid_format(uuid, text);
    return !call->visible || g_hash_table_contains(call->visible, text);
}

static void
swap(GPtrArray *array, guint a, guint b)
{
    gpointer element = array->pdata[a];

    array->pdata[a] = array->pdata[b];
    array->pdata[b] = element;
}

void
remote_access_filter_domains(const RemoteCall *call, GPtrArray *refs)
{
    guint n_kept = 0;

    for (guint i = 0; i < refs->len; i++) {
        const LibxlDomainRef *ref = refs->pdata[i];

        if (remote_access_shows_domain(call, ref->uuid))
            swap(refs, n_kept++, i);
    }
    g_ptr_array_set_size(refs, (int)n_kept);
}

void
remote_access_filter_names(const RemoteCall *call, GPtrArray *names)
{
    guint n_kept = 0;

    for (guint i = 0; i < names->len; i++) {
        if (!call->visible || g_hash_table_contains(call->visible, names->pdata[i]))
            swap(names, n_kept++, i);
    }
    g_ptr_array_set_size(names, (int)n_kept);
}
