/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "virtxl-remote"

#include "remote/remote_polkit.h"

#include "util/error.h"
#include "util/i18n.h"

#define AUTHORITY_NAME      "org.freedesktop.PolicyKit1"
#define AUTHORITY_PATH      "/org/freedesktop/PolicyKit1/Authority"
#define AUTHORITY_INTERFACE "org.freedesktop.PolicyKit1.Authority"

/* Of polkit's CheckAuthorizationFlags. */
#define ALLOW_USER_INTERACTION 1u

/* What a person was asked ends with the call's answer, or with the client. */
#define NO_TIMEOUT      G_MAXINT
#define DEFAULT_TIMEOUT (-1)

/* The system's bus lets a connection wait for 128 answers at once. Those that a person has to
 * give are not counted: there is one at most for each client that is not authenticated, and
 * these are few. */
#define ASKED_MAX 64

typedef struct {
    RpcIdentity identity;
    char *action;
    GVariant *details;
    bool is_interactive;
    char *cancellation_id; /* "": it can't be taken back */
    GDBusConnection *bus;  /* NULL: not there yet */
} Check;

/* Kept, or it would be closed behind the last question, and lose what has not been sent. */
static GDBusConnection *kept_bus;

static guint n_asked;                       /* and not answered yet */
static GQueue waiting_tasks = G_QUEUE_INIT; /* until fewer are */

static void
check_free(gpointer data)
{
    Check *check = data;

    g_clear_object(&check->bus);
    g_free(check->action);
    g_variant_unref(check->details);
    g_free(check->cancellation_id);
    g_free(check);
}

/* --- the answer ------------------------------------------------------------------------ */

static bool
is_dismissed(GVariant *details)
{
    const char *value = NULL;

    return g_variant_lookup(details, "polkit.dismissed", "&s", &value) && *value != '\0';
}

static bool
read_answer(const Check *check, GVariant *answer, GError **error)
{
    gboolean is_authorized, is_challenge;
    g_autoptr(GVariant) details = NULL;

    g_variant_get(answer, "((bb@a{ss}))", &is_authorized, &is_challenge, &details);
    if (is_authorized)
        return true;
    if (is_dismissed(details))
        return virtxl_error_set(error, VIR_ERR_AUTH_CANCELLED,
                                _("user cancelled authentication process"));
    if (is_challenge)
        return virtxl_error_set(error, VIR_ERR_AUTH_UNAVAILABLE,
                                _("no polkit agent available to authenticate action '%s'"),
                                check->action);
    return virtxl_error_set(error, VIR_ERR_AUTH_FAILED,
                            _("access denied by policy for action '%s'"), check->action);
}

/* What the call gives when somebody else has ended it: the client has gone, or we stop. */
static void
take_back(const Check *check)
{
    g_dbus_connection_call(check->bus, AUTHORITY_NAME, AUTHORITY_PATH, AUTHORITY_INTERFACE,
                           "CancelCheckAuthorization", g_variant_new("(s)", check->cancellation_id),
                           NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
}

/* @reason: of GDBus. */
static void
return_failure(GTask *task, GError *reason)
{
    GError *error = NULL;

    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        virtxl_error_set(&error, VIR_ERR_AUTH_CANCELLED, _("nobody waits for it any more"));
    } else {
        g_dbus_error_strip_remote_error(reason);
        g_warning("polkit does not answer: %s", reason->message);
        virtxl_error_set(&error, VIR_ERR_AUTH_FAILED, _("polkit does not answer: %s"),
                         reason->message);
    }
    g_task_return_error(task, error);
}

static void ask_waiting(void);

static void
handle_answer(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    const Check *check = g_task_get_task_data(task);
    g_autoptr(GError) reason = NULL;
    g_autoptr(GVariant) answer = g_dbus_connection_call_finish(check->bus, result, &reason);
    GError *error = NULL;

    if (!check->is_interactive) {
        n_asked--;
        ask_waiting();
    }
    if (!answer) {
        if (check->is_interactive && g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            take_back(check);
        return_failure(task, reason);
    } else if (read_answer(check, answer, &error)) {
        g_task_return_boolean(task, TRUE);
    } else {
        g_task_return_error(task, error);
    }
}

/* --- the question ---------------------------------------------------------------------- */

static GVariant *
new_question(const Check *check)
{
    const RpcIdentity *identity = &check->identity;
    GVariantBuilder process;

    g_variant_builder_init(&process, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&process, "{sv}", "pid", g_variant_new_uint32((guint32)identity->pid));
    g_variant_builder_add(&process, "{sv}", "start-time",
                          g_variant_new_uint64(identity->start_time));
    g_variant_builder_add(&process, "{sv}", "uid", g_variant_new_int32((gint32)identity->uid));
    return g_variant_new("((sa{sv})s@a{ss}us)", "unix-process", &process, check->action,
                         check->details, check->is_interactive ? ALLOW_USER_INTERACTION : 0,
                         check->cancellation_id);
}

/* Takes @task over. */
static void
ask(GTask *task)
{
    const Check *check = g_task_get_task_data(task);

    g_dbus_connection_call(check->bus, AUTHORITY_NAME, AUTHORITY_PATH, AUTHORITY_INTERFACE,
                           "CheckAuthorization", new_question(check), G_VARIANT_TYPE("((bba{ss}))"),
                           G_DBUS_CALL_FLAGS_NONE,
                           check->is_interactive ? NO_TIMEOUT : DEFAULT_TIMEOUT,
                           g_task_get_cancellable(task), handle_answer, task);
}

static void
ask_waiting(void)
{
    while (n_asked < ASKED_MAX && !g_queue_is_empty(&waiting_tasks)) {
        n_asked++;
        ask(g_queue_pop_head(&waiting_tasks));
    }
}

static void
handle_bus(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Check *check = g_task_get_task_data(task);
    g_autoptr(GError) reason = NULL;

    check->bus = g_bus_get_finish(result, &reason);
    if (!check->bus) {
        return_failure(task, reason);
        return;
    }
    /* The bus may end, and we go on. */
    g_dbus_connection_set_exit_on_close(check->bus, FALSE);
    g_set_object(&kept_bus, check->bus);
    if (check->is_interactive) {
        ask(g_steal_pointer(&task));
    } else {
        g_queue_push_tail(&waiting_tasks, g_steal_pointer(&task));
        ask_waiting();
    }
}

static GVariant *
new_details(const char *const *details)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{ss}"));
    for (; details && details[0]; details += 2)
        g_variant_builder_add(&builder, "{ss}", details[0], details[1]);
    return g_variant_ref_sink(g_variant_builder_end(&builder));
}

void
remote_polkit_ask_async(const RemotePolkitQuestion *question, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
    static guint64 n_checks;
    GTask *task = g_task_new(NULL, cancellable, callback, user_data);
    Check *check = g_new0(Check, 1);

    check->identity = *question->identity;
    check->action = g_strdup(question->action);
    check->details = new_details(question->details);
    check->is_interactive = question->is_interactive;
    check->cancellation_id = question->is_interactive
                                 ? g_strdup_printf("virtxld-%" G_GUINT64_FORMAT, ++n_checks)
                                 : g_strdup("");
    /* Cancelled or not, the errors are ours. */
    g_task_set_check_cancellable(task, FALSE);
    g_task_set_task_data(task, check, check_free);
    if (kept_bus && g_dbus_connection_is_closed(kept_bus))
        g_clear_object(&kept_bus);
    g_bus_get(G_BUS_TYPE_SYSTEM, cancellable, handle_bus, task);
}

bool
remote_polkit_ask_finish(GAsyncResult *result, GError **error)
{
    return g_task_propagate_boolean(G_TASK(result), error);
}
