/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_xenstore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xenstore.h>

typedef struct {
    char *value;
    char *permissions;
} Node;

/* One connection is enough, and one transaction at a time. */
struct xs_handle {
    int fd;
};

static GTree *store;  /* path -> Node */
static GTree *backup; /* while a transaction is open */
static bool changed;
static void (*peer)(void);
static guint failing_commits, commits, loose_changes;
static struct xs_handle handle;

static void
node_free(gpointer data)
{
    Node *node = data;

    g_free(node->value);
    g_free(node->permissions);
    g_free(node);
}

static int
compare_paths(gconstpointer a, gconstpointer b, gpointer user_data)
{
    return strcmp(a, b);
}

static GTree *
tree_new(void)
{
    return g_tree_new_full(compare_paths, NULL, g_free, node_free);
}

static gboolean
copy_node(gpointer key, gpointer value, gpointer user_data)
{
    const Node *node = value;
    Node *copy = g_new(Node, 1);

    *copy = (Node){g_strdup(node->value), g_strdup(node->permissions)};
    g_tree_insert(user_data, g_strdup(key), copy);
    return FALSE;
}

/* --- for tests ------------------------------------------------------------- */

void
fake_xenstore_reset(void)
{
    g_clear_pointer(&store, g_tree_unref);
    store = tree_new();
    peer = NULL;
    failing_commits = commits = loose_changes = 0;
}

void
fake_xenstore_set(const char *path, const char *value)
{
    Node *node = g_tree_lookup(store, path);

    if (!node) {
        node = g_new0(Node, 1);
        g_tree_insert(store, g_strdup(path), node);
    }
    g_free(node->value);
    node->value = g_strdup(value);
}

const char *
fake_xenstore_get(const char *path)
{
    const Node *node = g_tree_lookup(store, path);

    return node ? node->value : NULL;
}

const char *
fake_xenstore_get_permissions(const char *path)
{
    const Node *node = g_tree_lookup(store, path);

    return node ? node->permissions : NULL;
}

typedef struct {
    const char *prefix;
    GPtrArray *paths;
} Search;

static gboolean
add_if_below(gpointer key, gpointer value, gpointer user_data)
{
    const Search *search = user_data;

    if (g_str_has_prefix(key, search->prefix))
        g_ptr_array_add(search->paths, g_strdup(key));
    return FALSE;
}

static GPtrArray *
find_below(const char *prefix)
{
    Search search = {prefix, g_ptr_array_new_with_free_func(g_free)};

    g_tree_foreach(store, add_if_below, &search);
    return search.paths;
}

guint
fake_xenstore_count(const char *prefix)
{
    g_autoptr(GPtrArray) paths = find_below(prefix);

    return paths->len;
}

void
fake_xenstore_set_peer(void (*func)(void))
{
    peer = func;
}

void
fake_xenstore_fail_commits(guint n)
{
    failing_commits = n;
}

guint
fake_xenstore_get_commits(void)
{
    return commits;
}

guint
fake_xenstore_get_loose_changes(void)
{
    return loose_changes;
}

/* --- libxenstore ----------------------------------------------------------- */

struct xs_handle *
xs_open(unsigned long flags)
{
    handle.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return &handle;
}

void
xs_close(struct xs_handle *xs)
{
    if (xs)
        close(xs->fd);
}

const char *
xs_daemon_socket(void)
{
    return "/nowhere";
}

bool
xs_is_domain_introduced(struct xs_handle *xs, unsigned domid)
{
    return true;
}

xs_transaction_t
xs_transaction_start(struct xs_handle *xs)
{
    g_assert_null(backup);
    backup = tree_new();
    g_tree_foreach(store, copy_node, backup);
    changed = false;
    return 1;
}

bool
xs_transaction_end(struct xs_handle *xs, xs_transaction_t transaction, bool abort)
{
    bool fails = !abort && failing_commits > 0;

    g_assert_nonnull(backup);
    if (fails)
        failing_commits--;
    if (abort || fails) {
        g_tree_unref(store);
        store = g_steal_pointer(&backup);
        errno = EAGAIN;
        return abort;
    }
    g_clear_pointer(&backup, g_tree_unref);
    commits += changed ? 1 : 0;
    if (peer)
        peer();
    return true;
}

static void
note_change(xs_transaction_t transaction)
{
    changed = true;
    if (transaction == XBT_NULL)
        loose_changes++;
}

void *
xs_read(struct xs_handle *xs, xs_transaction_t transaction, const char *path, unsigned *length)
{
    const char *value = fake_xenstore_get(path);

    if (!value) {
        errno = ENOENT;
        return NULL;
    }
    *length = (unsigned)strlen(value);
    return strdup(value);
}

bool
xs_write(struct xs_handle *xs, xs_transaction_t transaction, const char *path, const void *data,
         unsigned length)
{
    g_autofree char *value = g_strndup(data, length);

    note_change(transaction);
    fake_xenstore_set(path, value);
    return true;
}

bool
xs_mkdir(struct xs_handle *xs, xs_transaction_t transaction, const char *path)
{
    note_change(transaction);
    if (!fake_xenstore_get(path))
        fake_xenstore_set(path, "");
    return true;
}

bool
xs_rm(struct xs_handle *xs, xs_transaction_t transaction, const char *path)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    g_autoptr(GPtrArray) paths = find_below(prefix);

    note_change(transaction);
    for (guint i = 0; i < paths->len; i++)
        g_tree_remove(store, paths->pdata[i]);
    errno = ENOENT;
    return g_tree_remove(store, path);
}

bool
xs_set_permissions(struct xs_handle *xs, xs_transaction_t transaction, const char *path,
                   struct xs_permissions *permissions, unsigned n_permissions)
{
    static const char letters[] = {[XS_PERM_NONE] = 'n', [XS_PERM_READ] = 'r'};
    GString *text = g_string_new(NULL);
    Node *node = g_tree_lookup(store, path);

    g_assert_nonnull(node);
    note_change(transaction);
    for (unsigned i = 0; i < n_permissions; i++)
        g_string_append_printf(text, "%s%c%u", i > 0 ? "," : "", letters[permissions[i].perms],
                               permissions[i].id);
    g_free(node->permissions);
    node->permissions = g_string_free(text, FALSE);
    return true;
}

/* Names of nodes that have a node of their own. */
char **
xs_directory(struct xs_handle *xs, xs_transaction_t transaction, const char *path, unsigned *number)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    g_autoptr(GPtrArray) paths = find_below(prefix);
    char **names = calloc(paths->len + 1, sizeof(char *) + 16);
    char *text = (char *)(names + paths->len + 1);

    *number = 0;
    for (guint i = 0; i < paths->len; i++) {
        const char *name = (char *)paths->pdata[i] + strlen(prefix);

        if (strchr(name, '/') || strlen(name) > 15)
            continue;
        g_strlcpy(text, name, 16);
        names[(*number)++] = text;
        text += 16;
    }
    return names;
}

/* Who waits for a watch looks by itself after a while, too. */
bool
xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
    return true;
}

char **
xs_check_watch(struct xs_handle *xs)
{
    return NULL;
}

int
xs_fileno(struct xs_handle *xs)
{
    return xs->fd;
}
