/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "libxl/libxl_agent.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libxl/libxl_agent_session.h"
#include "libxl/libxl_channel.h"
#include "util/error.h"
#include "util/i18n.h"
#include "util/unix_socket.h"

/* As long as libvirt's QEMU driver waits: for an agent that is asked whether it is there, or
 * with VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT, */
#define DEFAULT_WAIT_S 5
/* and for the calls before us. */
#define TURN_WAIT_S    30

G_DEFINE_QUARK(virtxl - agent - error, libxl_agent_error)

struct LibxlAgent {
    GMutex lock;
    GCond turn_ended;
    bool has_turn;
    bool is_closed;
    int wake_fd; /* of the call that has its turn, or -1 */
    int timeout; /* as the API counts it */
    bool answers;
    LibxlAgentFunc func;
    gpointer user_data;
};

LibxlAgent *
libxl_agent_new(void)
{
    LibxlAgent *agent = g_new0(LibxlAgent, 1);

    g_mutex_init(&agent->lock);
    g_cond_init(&agent->turn_ended);
    agent->wake_fd = -1;
    agent->timeout = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
    return agent;
}

void
libxl_agent_free(LibxlAgent *agent)
{
    if (!agent)
        return;
    g_mutex_clear(&agent->lock);
    g_cond_clear(&agent->turn_ended);
    g_free(agent);
}

void
libxl_agent_set_timeout(LibxlAgent *agent, int timeout)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    agent->timeout = timeout;
}

int
libxl_agent_get_timeout(LibxlAgent *agent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    return agent->timeout;
}

/* --- is it there? ------------------------------------------------------------ */

bool
libxl_agent_answers(LibxlAgent *agent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    return agent->answers;
}

void
libxl_agent_forget(LibxlAgent *agent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    agent->answers = false;
}

void
libxl_agent_watch(LibxlAgent *agent, LibxlAgentFunc func, gpointer user_data)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    agent->func = func;
    agent->user_data = user_data;
}

static void
set_answers(LibxlDomain *domain, bool answers)
{
    LibxlAgent *agent = domain->agent;
    LibxlAgentFunc func;
    gpointer user_data;

    g_mutex_lock(&agent->lock);
    func = agent->answers == answers ? NULL : agent->func;
    user_data = agent->user_data;
    agent->answers = answers;
    g_mutex_unlock(&agent->lock);
    if (func)
        func(domain, user_data);
}

/* --- whose turn it is -------------------------------------------------------- */

static void
wake(LibxlAgent *agent)
{
    const uint64_t one = 1;

    if (agent->wake_fd >= 0 && write(agent->wake_fd, &one, sizeof(one)) < 0)
        g_warning("cannot end a call to a guest agent: %s", g_strerror(errno));
}

void
libxl_agent_interrupt(LibxlAgent *agent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    wake(agent);
}

void
libxl_agent_close(LibxlAgent *agent)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    agent->is_closed = true;
    wake(agent);
    g_cond_broadcast(&agent->turn_ended);
}

static bool
begin_turn(LibxlDomain *domain, GError **error)
{
    LibxlAgent *agent = domain->agent;
    gint64 deadline = g_get_monotonic_time() + TURN_WAIT_S * G_USEC_PER_SEC;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    while (agent->has_turn && !agent->is_closed) {
        if (!g_cond_wait_until(&agent->turn_ended, &agent->lock, deadline))
            return virtxl_error_set(error, VIR_ERR_OPERATION_TIMEOUT,
                                    _("another call to the guest agent of domain '%s' has not "
                                      "ended within %d seconds"),
                                    domain->name, TURN_WAIT_S);
    }
    if (agent->is_closed)
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE, _("domain '%s': virtxld stops"),
                                domain->name);
    agent->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (agent->wake_fd < 0)
        return virtxl_error_set(error, VIR_ERR_SYSTEM_ERROR, _("cannot wait for a guest agent: %s"),
                                g_strerror(errno));
    agent->has_turn = true;
    return true;
}

static void
end_turn(LibxlDomain *domain)
{
    LibxlAgent *agent = domain->agent;
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&agent->lock);

    close(agent->wake_fd);
    agent->wake_fd = -1;
    agent->has_turn = false;
    g_cond_signal(&agent->turn_ended);
}

/* --- getting there ----------------------------------------------------------- */

/* A new string, or NULL. */
static char *
find_socket(LibxlDomain *domain, GError **error)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&domain->lock);
    const DomainChrDef *channel;

    if (!domain->live || domain->state != VIR_DOMAIN_RUNNING) {
        virtxl_error_set(error, VIR_ERR_OPERATION_INVALID, _("domain '%s' is not running"),
                         domain->name);
        return NULL;
    }
    channel = libxl_channels_find(domain->live, LIBXL_AGENT_CHANNEL);
    if (channel && channel->source->type == DOMAIN_CHR_SOURCE_UNIX && channel->source->listen &&
        channel->source->path)
        return g_strdup(channel->source->path);
    virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                     _("domain '%s': QEMU guest agent is not configured: that takes a channel of "
                       "type 'unix' with mode 'bind' and the target name '%s'"),
                     domain->name, LIBXL_AGENT_CHANNEL);
    return NULL;
}

/* A call whose turn it is. */
typedef struct {
    LibxlDomain *domain;
    int fd;
    LibxlAgentSession session;
} Call;

static bool
open_connection(Call *call, GError **error)
{
    g_autofree char *path = find_socket(call->domain, error);

    if (!path)
        return false;
    call->fd = unix_socket_connect(path, SOCK_NONBLOCK);
    if (call->fd < 0)
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE,
                                _("domain '%s': QEMU guest agent is not connected: '%s': %s"),
                                call->domain->name, path, g_strerror(errno));
    libxl_agent_session_init(&call->session, call->fd, call->domain->agent->wake_fd);
    return true;
}

/* The socket is looked for after the wake-up is there, so that a domain that stops
 * meanwhile is noticed by one or the other. */
static bool
begin(Call *call, LibxlDomain *domain, GError **error)
{
    call->domain = domain;
    call->fd = -1;
    if (!begin_turn(domain, error))
        return false;
    if (open_connection(call, error))
        return true;
    end_turn(domain);
    return false;
}

static void
end(Call *call)
{
    libxl_agent_session_clear(&call->session);
    close(call->fd);
    end_turn(call->domain);
}

/* --- calls ------------------------------------------------------------------- */

static gint64
deadline_in(int seconds)
{
    return g_get_monotonic_time() + seconds * (gint64)G_USEC_PER_SEC;
}

static gint64
deadline_of_timeout(int timeout)
{
    switch (timeout) {
    case VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK:
        return LIBXL_AGENT_NEVER;
    case VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT:
        return deadline_in(DEFAULT_WAIT_S);
    default:
        return deadline_in(timeout);
    }
}

/* Says what became of a call to do @what. */
static bool
set_outcome_error(const Call *call, LibxlAgentOutcome outcome, const char *what, GError **error)
{
    const char *name = call->domain->name;

    switch (outcome) {
    case LIBXL_AGENT_SILENT:
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE,
                                _("domain '%s': the guest agent has not answered '%s' in time"),
                                name, what);
    case LIBXL_AGENT_NOISY:
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE,
                                _("domain '%s': the guest agent said more than %d bytes and did "
                                  "not answer '%s'"),
                                name, LIBXL_AGENT_REPLY_MAX, what);
    default:
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE,
                                _("domain '%s': the guest agent disappeared before it answered "
                                  "'%s'"),
                                name, what);
    }
}

/* Clients know the words of what is said to them when nobody is there. */
static bool
sync_by(Call *call, gint64 deadline, GError **error)
{
    LibxlAgentOutcome outcome = libxl_agent_session_sync(&call->session, deadline);

    set_answers(call->domain, outcome == LIBXL_AGENT_OK);
    if (outcome == LIBXL_AGENT_SILENT)
        return virtxl_error_set(error, VIR_ERR_AGENT_UNRESPONSIVE,
                                _("domain '%s': QEMU guest agent is not connected: nobody "
                                  "answers in the guest"),
                                call->domain->name);
    return outcome == LIBXL_AGENT_OK || set_outcome_error(call, outcome, "guest-sync", error);
}

static bool
sync_first(Call *call, GError **error)
{
    int timeout = libxl_agent_get_timeout(call->domain->agent);

    return sync_by(call, deadline_in(timeout > 0 ? MIN(timeout, DEFAULT_WAIT_S) : DEFAULT_WAIT_S),
                   error);
}

/* False with the error if @reply is one. */
static bool
check_reply(const LibxlAgentReply *reply, const char *what, GError **error)
{
    if (!reply->error)
        return true;
    g_set_error(error, LIBXL_AGENT_ERROR,
                libxl_agent_reply_is_unknown_command(reply) ? LIBXL_AGENT_ERROR_UNKNOWN
                                                            : LIBXL_AGENT_ERROR_FAILED,
                _("unable to execute QEMU agent command '%s': %s"), what,
                libxl_agent_reply_get_complaint(reply));
    return false;
}

static json_object *
execute(Call *call, json_object *command, int timeout, bool waits, GError **error)
{
    const char *name = libxl_agent_command_get_name(command);
    g_auto(LibxlAgentReply) reply = {0};
    LibxlAgentOutcome outcome;

    if (!sync_first(call, error))
        return NULL;
    outcome = libxl_agent_session_execute(&call->session, command, waits ? &reply : NULL,
                                          deadline_of_timeout(timeout));
    if (outcome != LIBXL_AGENT_OK) {
        set_outcome_error(call, outcome, name, error);
        return NULL;
    }
    if (!waits)
        return json_object_new_object();
    return check_reply(&reply, name, error) ? g_steal_pointer(&reply.message) : NULL;
}

json_object *
libxl_agent_execute(LibxlDomain *domain, json_object *command, int timeout, GError **error)
{
    bool waits = timeout != VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_NOWAIT;
    json_object *reply;
    Call call;

    if (!begin(&call, domain, error))
        return NULL;
    if (timeout == LIBXL_AGENT_TIMEOUT_OF_DOMAIN)
        timeout = libxl_agent_get_timeout(domain->agent);
    else if (!waits)
        timeout = VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT; /* to say it */
    reply = execute(&call, command, timeout, waits, error);
    end(&call);
    return reply;
}

static bool
execute_silent(Call *call, json_object *command, GError **error)
{
    const char *name = libxl_agent_command_get_name(command);
    g_auto(LibxlAgentReply) reply = {0};

    if (!sync_first(call, error))
        return false;
    switch (
        libxl_agent_session_execute(&call->session, command, &reply, deadline_in(DEFAULT_WAIT_S))) {
    case LIBXL_AGENT_OK:
        return check_reply(&reply, name, error);
    case LIBXL_AGENT_NOISY:
        return set_outcome_error(call, LIBXL_AGENT_NOISY, name, error);
    default:
        return true;
    }
}

bool
libxl_agent_execute_silent(LibxlDomain *domain, json_object *command, GError **error)
{
    Call call;
    bool ok;

    if (!begin(&call, domain, error))
        return false;
    ok = execute_silent(&call, command, error);
    end(&call);
    return ok;
}

bool
libxl_agent_ping(LibxlDomain *domain, guint timeout_ms, GError **error)
{
    Call call;
    bool ok;

    if (!begin(&call, domain, error))
        return false;
    ok = sync_by(&call, g_get_monotonic_time() + timeout_ms * (gint64)1000, error);
    end(&call);
    return ok;
}
