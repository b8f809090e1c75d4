/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_host.h"

#include "util/error.h"

static FakeHost *
get_fake(ChannelHost *host)
{
    return (FakeHost *)host;
}

static void
fake_close(ChannelHost *host)
{
}

static bool
fake_watch(ChannelHost *host, const ChannelHostCallbacks *callbacks, gpointer user_data,
           GError **error)
{
    return true;
}

static void
fake_set_state(ChannelHost *host, guint32 domid, guint devid, int state)
{
    g_string_append_printf(get_fake(host)->log, "state=%d ", state);
}

static void
fake_set_tty(ChannelHost *host, guint32 domid, guint devid, const char *path)
{
    g_free(get_fake(host)->tty);
    get_fake(host)->tty = g_strdup(path);
}

static void
fake_set_error(ChannelHost *host, guint32 domid, guint devid, const char *message)
{
    g_free(get_fake(host)->error);
    get_fake(host)->error = g_strdup(message);
}

static void *
fake_map(ChannelHost *host, const ChannelView *view, GError **error)
{
    FakeHost *fake = get_fake(host);

    if (fake->fail_map) {
        virtxl_error_set(error, VIR_ERR_INTERNAL_ERROR, "no such grant");
        return NULL;
    }
    g_string_append(fake->log, "map ");
    fake->maps++;
    return fake->page;
}

static void
fake_unmap(ChannelHost *host, void *page)
{
    g_string_append(get_fake(host)->log, "unmap ");
    g_assert_cmpuint(get_fake(host)->maps--, ==, 1);
}

static ChannelPort *
fake_bind(ChannelHost *host, const ChannelView *view, void (*func)(gpointer user_data),
          gpointer user_data, GError **error)
{
    FakeHost *fake = get_fake(host);

    g_string_append(fake->log, "bind ");
    g_assert_cmpuint(fake->binds++, ==, 0);
    fake->func = func;
    fake->user_data = user_data;
    fake->masked = true;
    return (ChannelPort *)fake;
}

static void
fake_unbind(ChannelHost *host, ChannelPort *port)
{
    FakeHost *fake = get_fake(host);

    g_string_append(fake->log, "unbind ");
    g_assert_cmpuint(fake->binds--, ==, 1);
    fake->func = NULL;
}

static void
fake_notify(ChannelHost *host, ChannelPort *port)
{
    get_fake(host)->notifications++;
}

static void
fake_unmask(ChannelHost *host, ChannelPort *port)
{
    FakeHost *fake = get_fake(host);

    fake->unmasks++;
    fake->masked = false;
}

static const ChannelHostOps ops = {
    .name = "fake",
    .close = fake_close,
    .watch = fake_watch,
    .set_state = fake_set_state,
    .set_tty = fake_set_tty,
    .set_error = fake_set_error,
    .map = fake_map,
    .unmap = fake_unmap,
    .bind = fake_bind,
    .unbind = fake_unbind,
    .notify = fake_notify,
    .unmask = fake_unmask,
};

FakeHost *
fake_host_new(void)
{
    FakeHost *host = g_new0(FakeHost, 1);

    host->base.ops = &ops;
    host->log = g_string_new(NULL);
    return host;
}

void
fake_host_free(FakeHost *host)
{
    g_string_free(host->log, TRUE);
    g_free(host->tty);
    g_free(host->error);
    g_free(host);
}

void
fake_host_send_event(FakeHost *host)
{
    if (host->masked || !host->func) {
        host->pending = true;
        return;
    }
    host->masked = true;
    host->func(host->user_data);
}

char *
fake_host_take_log(FakeHost *host)
{
    char *log = g_strchomp(g_strdup(host->log->str));

    g_string_truncate(host->log, 0);
    return log;
}
