/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "simhost/ctl.h"

#include <errno.h>
#include <json.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "simhost/server.h"
#include "util/error.h"
#include "util/i18n.h"

static int
connect_to_host(const char *root, GError **error)
{
    g_autofree char *path = sim_server_get_socket(root);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (fd >= 0 && strlen(path) < sizeof(address.sun_path) &&
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("no simulated host answers at '%s'"), path);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The host can't read a file where the caller stands: it gets the content. */
static bool
add_config(struct json_object *args, GStrv words, GError **error)
{
    struct json_object *config;

    if (g_strcmp0(words[0], "create") != 0 || !words[1])
        return true;
    config = json_object_from_file(words[1]);
    if (!config)
        return virtxl_error_set(error, VIR_ERR_INVALID_ARG, _("cannot read '%s': %s"), words[1],
                                json_util_get_last_err());
    json_object_object_add(args, "config", config);
    return true;
}

/* Returns a new string, one line. */
static char *
format_request(const char *command, GError **error)
{
    g_auto(GStrv) words = NULL;
    struct json_object *request = json_object_new_object();
    struct json_object *args = json_object_new_object();
    struct json_object *list = json_object_new_array();
    char *line = NULL;

    json_object_object_add(request, "id", json_object_new_int(1));
    json_object_object_add(request, "call", json_object_new_string("control"));
    json_object_object_add(request, "args", args);
    json_object_object_add(args, "command", list);
    if (g_shell_parse_argv(command, NULL, &words, error) && add_config(args, words, error)) {
        for (guint i = 0; words[i]; i++)
            json_object_array_add(list, json_object_new_string(words[i]));
        line = g_strconcat(json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN), "\n",
                           NULL);
    }
    json_object_put(request);
    return line;
}

static bool
send_all(int fd, const char *text)
{
    gsize length = strlen(text);

    for (gsize done = 0; done < length;) {
        gssize n = send(fd, text + done, length - done, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (gsize)n : 0;
    }
    return true;
}

static GString *
receive_line(int fd)
{
    GString *line = g_string_new(NULL);
    char chunk[4096];
    gssize n;

    while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0 || (n < 0 && errno == EINTR)) {
        g_string_append_len(line, chunk, MAX(n, 0));
        if (n > 0 && chunk[n - 1] == '\n')
            break;
    }
    return line;
}

static bool
print_reply(const char *line, GError **error)
{
    struct json_object *reply = json_tokener_parse(line);
    struct json_object *failure = json_object_object_get(reply, "error");
    struct json_object *text =
        json_object_object_get(json_object_object_get(reply, "result"), "text");
    bool ok = text != NULL;

    if (ok)
        g_print("%s", json_object_get_string(text));
    else if (failure)
        virtxl_error_set(error, json_object_get_int(json_object_object_get(failure, "code")), "%s",
                         json_object_get_string(json_object_object_get(failure, "message")));
    else
        virtxl_error_set(error, VIR_ERR_NO_CONNECT, _("the simulated host went away"));
    json_object_put(reply);
    return ok;
}

bool
sim_ctl_run(const char *root, const char *command, GError **error)
{
    g_autofree char *request = format_request(command, error);
    g_autoptr(GString) line = NULL;
    int fd;

    if (!request)
        return false;
    fd = connect_to_host(root, error);
    if (fd < 0)
        return false;
    line = send_all(fd, request) ? receive_line(fd) : g_string_new(NULL);
    close(fd);
    return print_reply(line->str, error);
}
