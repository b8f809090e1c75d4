/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake_xenstore.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xenstore.h>

typedef struct {
    char *value;
    char *permissions;
} Node;

typedef struct {
    char *path;
    char *token;
} Watch;

/* A connection. */
struct xs_handle {
    int fd; /* counts the firings */
    bool dead;
    GPtrArray *watches; /* of Watch */
    GQueue firings;     /* of Watch: what has changed, and the watch's token */
};

/* Held during a transaction: one at a time. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static GTree *store;       /* path -> Node */
static GTree *backup;      /* while a transaction is open */
static GPtrArray *touched; /* paths, in the transaction */
static GPtrArray *handles; /* of xs_handle */
static GHashTable *reads;  /* path -> how often */
static bool changed;
static void (*peer)(void);
static guint failing_commits, commits, loose_changes;
static int write_failure;
static char *unreadable;
static char *daemon_path;
static int daemon_fd = -1;

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

/* --- watches --------------------------------------------------------------- */

static void
watch_free(gpointer data)
{
    Watch *watch = data;

    g_free(watch->path);
    g_free(watch->token);
    g_free(watch);
}

static Watch *
watch_new(const char *path, const char *token)
{
    Watch *watch = g_new(Watch, 1);

    *watch = (Watch){g_strdup(path), g_strdup(token)};
    return watch;
}

static void
fire(struct xs_handle *xs, const char *path, const char *token)
{
    const uint64_t one = 1;

    g_queue_push_tail(&xs->firings, watch_new(path, token));
    g_assert_cmpint(write(xs->fd, &one, sizeof(one)), ==, sizeof(one));
}

static bool
is_at_or_below(const char *path, const char *top)
{
    gsize length = strlen(top);

    return strncmp(path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* The lock is held. */
static void
fire_watches(const char *path)
{
    for (guint i = 0; handles && i < handles->len; i++) {
        struct xs_handle *xs = handles->pdata[i];

        for (guint j = 0; !xs->dead && j < xs->watches->len; j++) {
            const Watch *watch = xs->watches->pdata[j];

            if (is_at_or_below(path, watch->path))
                fire(xs, path, watch->token);
        }
    }
}

static void
touch(const char *path)
{
    if (backup)
        g_ptr_array_add(touched, g_strdup(path));
    else
        fire_watches(path);
}

/* --- for tests ------------------------------------------------------------- */

void
fake_xenstore_reset(void)
{
    pthread_mutex_lock(&lock);
    g_clear_pointer(&store, g_tree_unref);
    store = tree_new();
    g_clear_pointer(&reads, g_hash_table_unref);
    reads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    peer = NULL;
    failing_commits = commits = loose_changes = 0;
    write_failure = 0;
    g_clear_pointer(&unreadable, g_free);
    pthread_mutex_unlock(&lock);
}

void
fake_xenstore_set(const char *path, const char *value)
{
    Node *node;

    pthread_mutex_lock(&lock);
    node = g_tree_lookup(store, path);
    if (!node) {
        node = g_new0(Node, 1);
        g_tree_insert(store, g_strdup(path), node);
    }
    g_free(node->value);
    node->value = g_strdup(value);
    touch(path);
    pthread_mutex_unlock(&lock);
}

const char *
fake_xenstore_get(const char *path)
{
    const Node *node;
    const char *value;

    pthread_mutex_lock(&lock);
    node = g_tree_lookup(store, path);
    /* Stays good when the node goes. */
    value = node ? g_intern_string(node->value) : NULL;
    pthread_mutex_unlock(&lock);
    return value;
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

    pthread_mutex_lock(&lock);
    g_tree_foreach(store, add_if_below, &search);
    pthread_mutex_unlock(&lock);
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

void
fake_xenstore_fail_writes(int code)
{
    pthread_mutex_lock(&lock);
    write_failure = code;
    pthread_mutex_unlock(&lock);
}

void
fake_xenstore_fail_reads(const char *path)
{
    pthread_mutex_lock(&lock);
    g_free(unreadable);
    unreadable = g_strdup(path);
    pthread_mutex_unlock(&lock);
}

guint
fake_xenstore_get_reads(const char *path)
{
    guint n;

    pthread_mutex_lock(&lock);
    n = GPOINTER_TO_UINT(g_hash_table_lookup(reads, path));
    pthread_mutex_unlock(&lock);
    return n;
}

/* The lock is held. */
static bool
remove_node(const char *path)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    g_autoptr(GPtrArray) paths = find_below(prefix);

    for (guint i = 0; i < paths->len; i++) {
        g_tree_remove(store, paths->pdata[i]);
        touch(paths->pdata[i]);
    }
    touch(path);
    return g_tree_remove(store, path);
}

void
fake_xenstore_remove(const char *path)
{
    pthread_mutex_lock(&lock);
    remove_node(path);
    pthread_mutex_unlock(&lock);
}

void
fake_xenstore_start_daemon(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    pthread_mutex_lock(&lock);
    if (!daemon_path) {
        g_autofree char *directory = g_dir_make_tmp("virtxl-xenstored-XXXXXX", NULL);

        daemon_path = g_build_filename(directory, "socket", NULL);
    } else {
        g_autofree char *directory = g_path_get_dirname(daemon_path);

        g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
    }
    daemon_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, daemon_path, sizeof(address.sun_path));
    g_assert_cmpint(bind(daemon_fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(daemon_fd, 8), ==, 0);
    pthread_mutex_unlock(&lock);
}

/* Who is connected was never accepted, and hears of the end all the same. */
void
fake_xenstore_stop_daemon(void)
{
    g_autofree char *directory = g_path_get_dirname(daemon_path);

    pthread_mutex_lock(&lock);
    for (guint i = 0; handles && i < handles->len; i++)
        ((struct xs_handle *)handles->pdata[i])->dead = true;
    close(daemon_fd);
    daemon_fd = -1;
    g_unlink(daemon_path);
    g_rmdir(directory);
    pthread_mutex_unlock(&lock);
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
    struct xs_handle *xs = g_new0(struct xs_handle, 1);

    pthread_mutex_lock(&lock);
    xs->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    xs->watches = g_ptr_array_new_with_free_func(watch_free);
    if (!handles)
        handles = g_ptr_array_new();
    g_ptr_array_add(handles, xs);
    pthread_mutex_unlock(&lock);
    return xs;
}

void
xs_close(struct xs_handle *xs)
{
    if (!xs)
        return;
    pthread_mutex_lock(&lock);
    g_ptr_array_remove(handles, xs);
    close(xs->fd);
    g_ptr_array_unref(xs->watches);
    g_queue_clear_full(&xs->firings, watch_free);
    g_free(xs);
    pthread_mutex_unlock(&lock);
}

const char *
xs_daemon_socket(void)
{
    return daemon_path ? daemon_path : "/nowhere";
}

bool
xs_is_domain_introduced(struct xs_handle *xs, unsigned domid)
{
    return true;
}

/* A test that has no connection needs none. */
static bool
is_dead(const struct xs_handle *xs)
{
    return xs && xs->dead;
}

/* False and EIO if the connection is dead. */
static bool
is_alive(const struct xs_handle *xs)
{
    bool alive;

    pthread_mutex_lock(&lock);
    alive = !is_dead(xs);
    pthread_mutex_unlock(&lock);
    errno = EIO;
    return alive;
}

xs_transaction_t
xs_transaction_start(struct xs_handle *xs)
{
    if (!is_alive(xs))
        return XBT_NULL;
    pthread_mutex_lock(&lock); /* until the end */
    g_assert_null(backup);
    backup = tree_new();
    g_tree_foreach(store, copy_node, backup);
    touched = g_ptr_array_new_with_free_func(g_free);
    changed = false;
    return 1;
}

static void
commit(void)
{
    g_autoptr(GPtrArray) paths = g_steal_pointer(&touched);

    g_clear_pointer(&backup, g_tree_unref);
    for (guint i = 0; i < paths->len; i++)
        fire_watches(paths->pdata[i]);
    commits += changed ? 1 : 0;
    if (peer)
        peer();
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
        g_clear_pointer(&touched, g_ptr_array_unref);
    } else {
        commit();
    }
    pthread_mutex_unlock(&lock);
    errno = EAGAIN;
    return !fails;
}

static void
note_change(xs_transaction_t transaction)
{
    changed = true;
    if (transaction == XBT_NULL)
        loose_changes++;
}

/* The lock is held. False and errno if it can't be read. */
static bool
is_readable(const struct xs_handle *xs, const char *path)
{
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(reads, path));

    g_hash_table_replace(reads, g_strdup(path), GUINT_TO_POINTER(n + 1));
    errno = EIO;
    return !is_dead(xs) && !(unreadable && is_at_or_below(path, unreadable));
}

void *
xs_read(struct xs_handle *xs, xs_transaction_t transaction, const char *path, unsigned *length)
{
    const char *value = NULL;

    pthread_mutex_lock(&lock);
    if (is_readable(xs, path)) {
        value = fake_xenstore_get(path);
        errno = ENOENT;
    }
    pthread_mutex_unlock(&lock);
    *length = value ? (unsigned)strlen(value) : 0;
    return value ? strdup(value) : NULL;
}

/* True and the lock held, or false and errno. */
static bool
begin_change(const struct xs_handle *xs, xs_transaction_t transaction)
{
    pthread_mutex_lock(&lock);
    if (!is_dead(xs) && !write_failure) {
        note_change(transaction);
        return true;
    }
    errno = is_dead(xs) ? EIO : write_failure;
    pthread_mutex_unlock(&lock);
    return false;
}

bool
xs_write(struct xs_handle *xs, xs_transaction_t transaction, const char *path, const void *data,
         unsigned length)
{
    g_autofree char *value = g_strndup(data, length);

    if (!begin_change(xs, transaction))
        return false;
    fake_xenstore_set(path, value);
    pthread_mutex_unlock(&lock);
    return true;
}

bool
xs_mkdir(struct xs_handle *xs, xs_transaction_t transaction, const char *path)
{
    if (!begin_change(xs, transaction))
        return false;
    if (!fake_xenstore_get(path))
        fake_xenstore_set(path, "");
    pthread_mutex_unlock(&lock);
    return true;
}

bool
xs_rm(struct xs_handle *xs, xs_transaction_t transaction, const char *path)
{
    bool found;

    if (!begin_change(xs, transaction))
        return false;
    found = remove_node(path);
    pthread_mutex_unlock(&lock);
    errno = ENOENT;
    return found;
}

bool
xs_set_permissions(struct xs_handle *xs, xs_transaction_t transaction, const char *path,
                   struct xs_permissions *permissions, unsigned n_permissions)
{
    static const char letters[] = {[XS_PERM_NONE] = 'n', [XS_PERM_READ] = 'r'};
    GString *text = g_string_new(NULL);
    Node *node;

    for (unsigned i = 0; i < n_permissions; i++)
        g_string_append_printf(text, "%s%c%u", i > 0 ? "," : "", letters[permissions[i].perms],
                               permissions[i].id);
    pthread_mutex_lock(&lock);
    node = g_tree_lookup(store, path);
    g_assert_nonnull(node);
    note_change(transaction);
    g_free(node->permissions);
    node->permissions = g_string_free(text, FALSE);
    pthread_mutex_unlock(&lock);
    return true;
}

/* Names of nodes that are there, or have one below. */
char **
xs_directory(struct xs_handle *xs, xs_transaction_t transaction, const char *path, unsigned *number)
{
    g_autofree char *prefix = g_strconcat(path, "/", NULL);
    g_autoptr(GPtrArray) paths = NULL;
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char **names = NULL;
    char *text;

    *number = 0;
    pthread_mutex_lock(&lock);
    if (is_readable(xs, path)) {
        paths = find_below(prefix);
        names = calloc(paths->len + 1, sizeof(char *) + 16);
    }
    pthread_mutex_unlock(&lock);
    text = names ? (char *)(names + paths->len + 1) : NULL;
    for (guint i = 0; names && i < paths->len; i++) {
        g_auto(GStrv) parts = g_strsplit((char *)paths->pdata[i] + strlen(prefix), "/", 2);

        if (strlen(parts[0]) > 15 || !g_hash_table_add(seen, g_strdup(parts[0])))
            continue;
        g_strlcpy(text, parts[0], 16);
        names[(*number)++] = text;
        text += 16;
    }
    return names;
}

bool
xs_watch(struct xs_handle *xs, const char *path, const char *token)
{
    if (!is_alive(xs))
        return false;
    pthread_mutex_lock(&lock);
    g_ptr_array_add(xs->watches, watch_new(path, token));
    fire(xs, path, token);
    pthread_mutex_unlock(&lock);
    return true;
}

bool
xs_unwatch(struct xs_handle *xs, const char *path, const char *token)
{
    bool found = false;

    if (!is_alive(xs))
        return false;
    pthread_mutex_lock(&lock);
    for (guint i = 0; !found && i < xs->watches->len; i++) {
        const Watch *watch = xs->watches->pdata[i];

        found = strcmp(watch->path, path) == 0 && strcmp(watch->token, token) == 0;
        if (found)
            g_ptr_array_remove_index(xs->watches, i);
    }
    pthread_mutex_unlock(&lock);
    errno = ENOENT;
    return found;
}

/* As the real one: an array and its strings in one piece of memory. */
static char **
make_firing(const Watch *watch)
{
    gsize path = strlen(watch->path) + 1;
    gsize token = strlen(watch->token) + 1;
    char **firing = malloc(2 * sizeof(char *) + path + token);

    firing[XS_WATCH_PATH] = (char *)(firing + 2);
    firing[XS_WATCH_TOKEN] = firing[XS_WATCH_PATH] + path;
    memcpy(firing[XS_WATCH_PATH], watch->path, path);
    memcpy(firing[XS_WATCH_TOKEN], watch->token, token);
    return firing;
}

char **
xs_check_watch(struct xs_handle *xs)
{
    char **firing = NULL;
    uint64_t count;
    Watch *watch;

    pthread_mutex_lock(&lock);
    watch = g_queue_pop_head(&xs->firings);
    if (watch) {
        g_assert_cmpint(read(xs->fd, &count, sizeof(count)), ==, sizeof(count));
        firing = make_firing(watch);
        watch_free(watch);
    }
    pthread_mutex_unlock(&lock);
    return firing;
}

int
xs_fileno(struct xs_handle *xs)
{
    return xs->fd;
}
