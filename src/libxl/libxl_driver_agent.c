/* The calls that have the agent in a guest do something: see libxl_driver_agent.h. Each
 * checks its arguments, makes a command of them, and reads what little comes back.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_driver_agent.h"

#include <string.h>

#include "libxl/libxl_agent_reply.h"
#include "libxl/libxl_driver_agent_private.h"
#include "libxl/libxl_store.h"
#include "util/i18n.h"

#define NANOSECONDS_PER_SECOND 1000000000

void
libxl_driver_close_agents(LibxlDriver *driver)
{
    g_autoptr(GPtrArray) all = libxl_domain_list_get_all(driver->domains);

    for (guint i = 0; i < all->len; i++)
        libxl_agent_close(((LibxlDomain *)all->pdata[i])->agent);
}

/* --- what all calls do ---------------------------------------------------------- */

json_object *
libxl_driver_agent_call(LibxlDriver *driver, const guint8 *uuid, const char *name,
                        json_object *arguments, json_object **value, GError **error)
{
    json_object *command = libxl_agent_command_new(name, arguments);
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);
    json_object *reply = NULL;

    if (domain)
        reply = libxl_agent_execute(domain, command, LIBXL_AGENT_TIMEOUT_OF_DOMAIN, error);
    json_object_put(command);
    *value = NULL;
    if (reply)
        json_object_object_get_ex(reply, "return", value);
    return reply;
}

bool
libxl_driver_agent_set_malformed(const char *name, GError **error)
{
    return virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR,
                            _("the guest agent's reply to '%s' is malformed"), name);
}

/* For a command whose reply says nothing but that it is done. */
static bool
do_command(LibxlDriver *driver, const guint8 *uuid, const char *name, json_object *arguments,
           GError **error)
{
    json_object *value;
    json_object *reply = libxl_driver_agent_call(driver, uuid, name, arguments, &value, error);

    json_object_put(reply);
    return reply != NULL;
}

bool
libxl_driver_agent_get_number(LibxlDriver *driver, const guint8 *uuid, const char *name,
                              json_object *arguments, gint64 *number, GError **error)
{
    json_object *value;
    json_object *reply = libxl_driver_agent_call(driver, uuid, name, arguments, &value, error);
    bool ok = reply && json_object_is_type(value, json_type_int);

    if (ok)
        *number = json_object_get_int64(value);
    else if (reply)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return ok;
}

static json_object *
strings_to_json(const char *const *strings, guint n)
{
    json_object *array = json_object_new_array();

    for (guint i = 0; i < n; i++)
        json_object_array_add(array, json_object_new_string(strings[i]));
    return array;
}

static json_object *
one_argument(const char *key, json_object *value)
{
    json_object *arguments = json_object_new_object();

    json_object_object_add(arguments, key, value);
    return arguments;
}

/* --- any command ---------------------------------------------------------------- */

static bool
check_timeout(int timeout, GError **error)
{
    if (timeout < VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("guest agent timeout '%d' is less than the minimum '%d'"),
                                timeout, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK);
    return true;
}

char *
libxl_driver_domain_qemu_agent_command(LibxlDriver *driver, const guint8 *uuid, const char *text,
                                       int timeout, guint flags, GError **error)
{
    g_autoptr(LibxlDomain) domain = NULL;
    json_object *command, *reply;
    char *result = NULL;

    if (!libxl_driver_check_flags(flags, 0, "virDomainQemuAgentCommand", error) ||
        !check_timeout(timeout, error) || !(domain = libxl_driver_find(driver, uuid, error)) ||
        !(command = libxl_agent_command_parse(text, error)))
        return NULL;
    reply = libxl_agent_execute(domain, command, timeout, error);
    if (reply)
        result = json_object_object_length(reply) ? libxl_agent_json_format(reply) : g_strdup("");
    json_object_put(reply);
    json_object_put(command);
    return result;
}

/* With the job. */
static bool
set_timeout(LibxlDriver *driver, LibxlDomain *domain, int timeout, GError **error)
{
    int before = libxl_agent_get_timeout(domain->agent);

    libxl_agent_set_timeout(domain->agent, timeout);
    if (!domain->live || domain->is_foreign || libxl_store_save_live(driver, domain, false, error))
        return true;
    libxl_agent_set_timeout(domain->agent, before);
    return false;
}

bool
libxl_driver_domain_agent_set_response_timeout(LibxlDriver *driver, const guint8 *uuid, int timeout,
                                               guint flags, GError **error)
{
    LibxlDomain *domain;
    bool ok;

    if (!libxl_driver_check_flags(flags, 0, "virDomainAgentSetResponseTimeout", error) ||
        !check_timeout(timeout, error) || !(domain = libxl_driver_begin(driver, uuid, error)))
        return false;
    ok = set_timeout(driver, domain, timeout, error);
    libxl_driver_end(domain);
    return ok;
}

/* --- power ------------------------------------------------------------------------ */

static bool
do_silent_command(LibxlDriver *driver, const guint8 *uuid, const char *name, json_object *arguments,
                  GError **error)
{
    json_object *command = libxl_agent_command_new(name, arguments);
    g_autoptr(LibxlDomain) domain = libxl_driver_find(driver, uuid, error);
    bool ok = domain && libxl_agent_execute_silent(domain, command, error);

    json_object_put(command);
    return ok;
}

bool
libxl_driver_agent_shutdown(LibxlDriver *driver, const guint8 *uuid, const char *mode,
                            GError **error)
{
    return do_silent_command(driver, uuid, "guest-shutdown",
                             one_argument("mode", json_object_new_string(mode)), error);
}

bool
libxl_driver_domain_pm_suspend_for_duration(LibxlDriver *driver, const guint8 *uuid, guint target,
                                            guint64 duration, guint flags, GError **error)
{
    static const char *const commands[] = {
        [VIR_NODE_SUSPEND_TARGET_MEM] = "guest-suspend-ram",
        [VIR_NODE_SUSPEND_TARGET_DISK] = "guest-suspend-disk",
        [VIR_NODE_SUSPEND_TARGET_HYBRID] = "guest-suspend-hybrid",
    };

    if (!libxl_driver_check_flags(flags, 0, "virDomainPMSuspendForDuration", error))
        return false;
    if (target >= G_N_ELEMENTS(commands))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("unknown suspend target: %u"),
                                target);
    if (duration)
        return virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                                _("a guest can't be suspended for a time: the duration must be 0"));
    return do_silent_command(driver, uuid, commands[target], NULL, error);
}

/* --- file systems ----------------------------------------------------------------- */

int
libxl_driver_domain_fs_freeze(LibxlDriver *driver, const guint8 *uuid,
                              const char *const *mountpoints, guint n_mountpoints, guint flags,
                              GError **error)
{
    json_object *arguments = NULL;
    const char *name = "guest-fsfreeze-freeze";
    gint64 n = 0;

    if (!libxl_driver_check_flags(flags, 0, "virDomainFSFreeze", error))
        return -1;
    if (n_mountpoints > 0) {
        name = "guest-fsfreeze-freeze-list";
        arguments = one_argument("mountpoints", strings_to_json(mountpoints, n_mountpoints));
    }
    return libxl_driver_agent_get_number(driver, uuid, name, arguments, &n, error) ? (int)n : -1;
}

int
libxl_driver_domain_fs_thaw(LibxlDriver *driver, const guint8 *uuid, guint n_mountpoints,
                            guint flags, GError **error)
{
    gint64 n = 0;

    if (!libxl_driver_check_flags(flags, 0, "virDomainFSThaw", error))
        return -1;
    if (n_mountpoints > 0) {
        virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                         _("a guest agent thaws all file systems: mount points can't be given"));
        return -1;
    }
    return libxl_driver_agent_get_number(driver, uuid, "guest-fsfreeze-thaw", NULL, &n, error)
               ? (int)n
               : -1;
}

bool
libxl_driver_domain_fs_trim(LibxlDriver *driver, const guint8 *uuid, const char *mountpoint,
                            guint64 minimum, guint flags, GError **error)
{
    if (!libxl_driver_check_flags(flags, 0, "virDomainFSTrim", error))
        return false;
    if (mountpoint)
        return virtxl_error_set(error, VIR_ERR_ARGUMENT_UNSUPPORTED,
                                _("a guest agent trims all file systems: a mount point can't be "
                                  "given"));
    return do_command(driver, uuid, "guest-fstrim",
                      one_argument("minimum", json_object_new_uint64(minimum)), error);
}

/* --- time --------------------------------------------------------------------------- */

bool
libxl_driver_domain_get_time(LibxlDriver *driver, const guint8 *uuid, guint flags, gint64 *seconds,
                             guint *nanoseconds, GError **error)
{
    gint64 time;

    if (!libxl_driver_check_flags(flags, 0, "virDomainGetTime", error) ||
        !libxl_driver_agent_get_number(driver, uuid, "guest-get-time", NULL, &time, error))
        return false;
    if (time < 0)
        return libxl_driver_agent_set_malformed("guest-get-time", error);
    *seconds = time / NANOSECONDS_PER_SECOND;
    *nanoseconds = (guint)(time % NANOSECONDS_PER_SECOND);
    return true;
}

bool
libxl_driver_domain_set_time(LibxlDriver *driver, const guint8 *uuid, gint64 seconds,
                             guint nanoseconds, guint flags, GError **error)
{
    json_object *arguments = NULL;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_TIME_SYNC, "virDomainSetTime", error))
        return false;
    if (!(flags & VIR_DOMAIN_TIME_SYNC)) {
        if (seconds < 0 || seconds >= G_MAXINT64 / NANOSECONDS_PER_SECOND ||
            nanoseconds >= NANOSECONDS_PER_SECOND)
            return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                    _("a guest's time can't be %lld seconds and %u nanoseconds"),
                                    (long long)seconds, nanoseconds);
        arguments = one_argument(
            "time", json_object_new_int64(seconds * NANOSECONDS_PER_SECOND + nanoseconds));
    }
    return do_command(driver, uuid, "guest-set-time", arguments, error);
}

/* --- users ---------------------------------------------------------------------------- */

bool
libxl_driver_domain_set_user_password(LibxlDriver *driver, const guint8 *uuid, const char *user,
                                      const char *password, guint flags, GError **error)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)password, strlen(password));
    json_object *arguments;

    if (!libxl_driver_check_flags(flags, VIR_DOMAIN_PASSWORD_ENCRYPTED, "virDomainSetUserPassword",
                                  error))
        return false;
    arguments = one_argument("username", json_object_new_string(user));
    json_object_object_add(arguments, "password", json_object_new_string(encoded));
    json_object_object_add(arguments, "crypted",
                           json_object_new_boolean(flags & VIR_DOMAIN_PASSWORD_ENCRYPTED));
    return do_command(driver, uuid, "guest-set-user-password", arguments, error);
}

GStrv
libxl_driver_domain_authorized_ssh_keys_get(LibxlDriver *driver, const guint8 *uuid,
                                            const char *user, guint flags, GError **error)
{
    static const char *const name = "guest-ssh-get-authorized-keys";
    json_object *value, *reply;
    GStrv keys;

    if (!libxl_driver_check_flags(flags, 0, "virDomainAuthorizedSSHKeysGet", error))
        return NULL;
    reply = libxl_driver_agent_call(
        driver, uuid, name, one_argument("username", json_object_new_string(user)), &value, error);
    if (!reply)
        return NULL;
    keys = libxl_agent_read_strings(value, "keys");
    if (!keys)
        libxl_driver_agent_set_malformed(name, error);
    json_object_put(reply);
    return keys;
}

bool
libxl_driver_domain_authorized_ssh_keys_set(LibxlDriver *driver, const guint8 *uuid,
                                            const char *user, const char *const *keys, guint n_keys,
                                            guint flags, GError **error)
{
    const guint append = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND;
    const guint remove = VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE;
    json_object *arguments;

    if (!libxl_driver_check_flags(flags, append | remove, "virDomainAuthorizedSSHKeysSet", error))
        return false;
    if ((flags & append) && (flags & remove))
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG,
                                _("the flags to append and to remove keys exclude each other"));
    arguments = one_argument("username", json_object_new_string(user));
    json_object_object_add(arguments, "keys", strings_to_json(keys, n_keys));
    if (flags & remove)
        return do_command(driver, uuid, "guest-ssh-remove-authorized-keys", arguments, error);
    json_object_object_add(arguments, "reset", json_object_new_boolean(!(flags & append)));
    return do_command(driver, uuid, "guest-ssh-add-authorized-keys", arguments, error);
}
