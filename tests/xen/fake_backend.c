/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_backend.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATIENCE_S = 20
};

struct FakeBackend {
    FakeBackendManner manner;
    int fd;
    FILE *in;
    GThread *thread;
    GMutex lock;
    GCond arrived;
    GPtrArray *events; /* of json_object */
};

/* --- What it does --- */

static void
send_text(int fd, const char *text)
{
    /* Fails if the host has gone: that is for the test to see. */
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
        g_test_message("the host has gone");
}

static gint64
get_number(struct json_object *object, const char *key)
{
    return json_object_get_int64(json_object_object_get(object, key));
}

static void
set(FakeBackend *backend, struct json_object *event, const char *member)
{
    g_autofree char *line =
        g_strdup_printf("{\"id\": 1, \"call\": \"backend_set\", \"args\": {\"domid\": %d, "
                        "\"devid\": %d, %s}}\n",
                        (int)get_number(event, "domid"), (int)get_number(event, "devid"), member);

    send_text(backend->fd, line);
}

static bool
is_pty(struct json_object *event)
{
    struct json_object *source = json_object_object_get(event, "source");

    return g_strcmp0(json_object_get_string(json_object_object_get(source, "type")), "pty") == 0;
}

static void
serve(FakeBackend *backend, struct json_object *event)
{
    gint64 ours = get_number(event, "backend_state");
    gint64 theirs = get_number(event, "frontend_state");
    bool online = json_object_get_boolean(json_object_object_get(event, "online"));

    if (ours == 1 && is_pty(event) && !json_object_object_get(event, "tty"))
        set(backend, event, "\"tty\": \"/dev/pts/99\"");
    if (ours == 1)
        set(backend, event, "\"state\": 2");
    else if (ours == 2 && theirs == 3 && online)
        set(backend, event, "\"state\": 4");
    else if (ours == 4 && (!online || theirs >= 5))
        set(backend, event, "\"state\": 5");
    else if (ours == 5 && theirs == 6)
        set(backend, event, "\"state\": 6");
    else if (ours == 5 && online)
        set(backend, event, "\"state\": 4");
}

static void
handle(FakeBackend *backend, struct json_object *event)
{
    const char *name = json_object_get_string(json_object_object_get(event, "event"));

    if (g_strcmp0(name, "channel") != 0 || backend->manner == FAKE_BACKEND_SILENT)
        return;
    if (backend->manner == FAKE_BACKEND_SERVES)
        serve(backend, event);
    else if (!json_object_object_get(event, "error"))
        set(backend, event, "\"error\": \"no room at the inn\"");
}

static gpointer
run(gpointer data)
{
    FakeBackend *backend = data;
    char *line = NULL;
    size_t size = 0;

    while (getline(&line, &size, backend->in) > 0) {
        struct json_object *message = json_tokener_parse(line);

        g_assert_nonnull(message);
        g_mutex_lock(&backend->lock);
        g_ptr_array_add(backend->events, message);
        g_cond_broadcast(&backend->arrived);
        g_mutex_unlock(&backend->lock);
        handle(backend, message);
    }
    free(line);
    return NULL;
}

/* --- What a test sees of it --- */

static void
put(gpointer object)
{
    json_object_put(object);
}

FakeBackend *
fake_backend_new(const SimFixture *fixture, FakeBackendManner manner)
{
    FakeBackend *backend = g_new0(FakeBackend, 1);
    g_autofree char *path = sim_fixture_path(fixture, "run/virtxl-sim/host.sock");

    backend->manner = manner;
    backend->fd = sim_fixture_connect(path);
    backend->in = fdopen(dup(backend->fd), "r");
    backend->events = g_ptr_array_new_with_free_func(put);
    g_mutex_init(&backend->lock);
    g_cond_init(&backend->arrived);
    send_text(backend->fd, "{\"id\": 0, \"call\": \"backend\"}\n");
    backend->thread = g_thread_new("backend", run, backend);
    fake_backend_wait(backend, "{\"event\": \"channels-complete\"}");
    return backend;
}

void
fake_backend_free(FakeBackend *backend)
{
    shutdown(backend->fd, SHUT_RDWR);
    g_thread_join(backend->thread);
    fclose(backend->in);
    close(backend->fd);
    g_ptr_array_unref(backend->events);
    g_mutex_clear(&backend->lock);
    g_cond_clear(&backend->arrived);
    g_free(backend);
}

static bool
matches(struct json_object *event, struct json_object *pattern)
{
    struct json_object_iterator at = json_object_iter_begin(pattern);
    struct json_object_iterator end = json_object_iter_end(pattern);

    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (!json_object_equal(json_object_object_get(event, json_object_iter_peek_name(&at)),
                               json_object_iter_peek_value(&at)))
            return false;
    return true;
}

/* The lock is held. */
static bool
has_event(FakeBackend *backend, struct json_object *pattern)
{
    for (guint i = 0; i < backend->events->len; i++)
        if (matches(g_ptr_array_index(backend->events, i), pattern))
            return true;
    return false;
}

void
fake_backend_wait(FakeBackend *backend, const char *pattern)
{
    struct json_object *object = json_tokener_parse(pattern);
    gint64 deadline = g_get_monotonic_time() + PATIENCE_S * G_TIME_SPAN_SECOND;
    bool found;

    g_assert_nonnull(object);
    g_mutex_lock(&backend->lock);
    while (!(found = has_event(backend, object)) &&
           g_cond_wait_until(&backend->arrived, &backend->lock, deadline))
        continue;
    g_mutex_unlock(&backend->lock);
    if (!found)
        g_error("no event has %s", pattern);
    json_object_put(object);
}

char *
fake_backend_exchange(const SimFixture *fixture, const char *line)
{
    g_autofree char *path = sim_fixture_path(fixture, "run/virtxl-sim/host.sock");
    int fd = sim_fixture_connect(path);
    FILE *in = fdopen(fd, "r");
    char *answer = NULL;
    char *copy;
    size_t size = 0;

    send_text(fd, line);
    g_assert_cmpint(getline(&answer, &size, in), >, 0);
    copy = g_strdup(answer);
    free(answer);
    fclose(in);
    return copy;
}
