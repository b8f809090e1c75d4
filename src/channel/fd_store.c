/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "channel/fd_store.h"

#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#include "util/service_manager.h"

struct FdStore {
    GHashTable *passed; /* name -> descriptor that nobody has taken yet */
    GHashTable *kept;   /* set of the names under which the manager keeps one */
};

static char *
make_name(const char *id, const char *what)
{
    return g_strconcat(id, ".", what, NULL);
}

/* The length of the channel's id that @name begins with; 0 if it is a plain name. */
static gsize
get_id_length(const char *name)
{
    const char *dot = strchr(name, '.');
    g_autofree char *id = dot ? g_strndup(name, (gsize)(dot - name)) : NULL;

    return id && g_uuid_string_is_valid(id) ? strlen(id) : 0;
}

static void
close_passed(gpointer data)
{
    close(GPOINTER_TO_INT(data));
}

FdStore *
fd_store_new(void)
{
    FdStore *store = g_new0(FdStore, 1);
    g_autoptr(GArray) fds = service_manager_take_fds();

    store->passed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_passed);
    store->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < fds->len; i++) {
        const ServiceDescriptor *fd = &g_array_index(fds, ServiceDescriptor, i);

        /* Of two with one name the last was kept last. */
        g_hash_table_replace(store->passed, g_strdup(fd->name), GINT_TO_POINTER(fd->fd));
        if (get_id_length(fd->name) > 0)
            g_hash_table_add(store->kept, g_strdup(fd->name));
    }
    return store;
}

void
fd_store_free(FdStore *store)
{
    if (!store)
        return;
    g_hash_table_destroy(store->passed);
    g_hash_table_destroy(store->kept);
    g_free(store);
}

int
fd_store_take(FdStore *store, const char *id, const char *what)
{
    g_autofree char *name = make_name(id, what);
    gpointer key;
    gpointer value;
    int fd;

    if (!g_hash_table_steal_extended(store->passed, name, &key, &value))
        return -1;
    g_free(key);
    fd = GPOINTER_TO_INT(value);
    if (!g_unix_set_fd_nonblocking(fd, TRUE, NULL))
        g_warning("descriptor '%s' from the service manager can't be made non-blocking", name);
    return fd;
}

static void
forget_name(FdStore *store, const char *name)
{
    if (g_hash_table_remove(store->kept, name))
        service_manager_forget_fd(name);
}

void
fd_store_keep(FdStore *store, const char *id, const char *what, int fd)
{
    g_autofree char *name = make_name(id, what);

    forget_name(store, name);
    if (service_manager_keep_fd(name, fd))
        g_hash_table_add(store->kept, g_steal_pointer(&name));
}

void
fd_store_forget(FdStore *store, const char *id, const char *what)
{
    g_autofree char *name = make_name(id, what);

    forget_name(store, name);
    g_hash_table_remove(store->passed, name);
}

void
fd_store_prune(FdStore *store, bool (*is_known)(const char *id, gpointer user_data),
               gpointer user_data)
{
    g_autoptr(GPtrArray) unknown = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer name;

    g_hash_table_iter_init(&iter, store->kept);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        g_autofree char *id = g_strndup(name, get_id_length(name));

        if (!is_known(id, user_data))
            g_ptr_array_add(unknown, g_strdup(name));
    }
    for (guint i = 0; i < unknown->len; i++) {
        forget_name(store, unknown->pdata[i]);
        g_hash_table_remove(store->passed, unknown->pdata[i]);
    }
}
