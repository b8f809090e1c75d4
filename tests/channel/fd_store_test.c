/* Endpoints and the fd store over a restart. The test is the service manager: it reads what is
 * sent to NOTIFY_SOCKET, and passes descriptors as sd_listen_fds(3) describes.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "channel/fd_store.h"

#include "endpoint_fixture.h"
#include "util/service_manager.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD   3
#define MAX_PASSED 6
#define OTHER_ID   "99999999-2222-3333-4444-555555555555"

/* A service manager. */
typedef struct {
    int fd;
    GHashTable *kept; /* name -> descriptor */
    char *directory;
} Manager;

/* Descriptors are passed from 3 on, so that nothing else may get these numbers. */
static void
reserve_fds(void)
{
    for (int fd = FIRST_FD; fd < FIRST_FD + MAX_PASSED; fd++) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

        g_assert_cmpint(null, >=, 0);
        if (null != fd) {
            if (fcntl(fd, F_GETFD) < 0)
                g_assert_cmpint(dup2(null, fd), ==, fd);
            close(null);
        }
    }
}

static void
close_kept(gpointer data)
{
    close(GPOINTER_TO_INT(data));
}

static Manager *
manager_new(void)
{
    Manager *manager = g_new0(Manager, 1);
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    manager->directory = g_dir_make_tmp("virtxl-XXXXXX", NULL);
    g_snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", manager->directory);
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    g_assert_cmpint(bind(manager->fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_setenv("NOTIFY_SOCKET", address.sun_path, TRUE);
    manager->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, close_kept);
    return manager;
}

static void
manager_free(Manager *manager)
{
    g_autofree char *path = g_build_filename(manager->directory, "notify", NULL);

    g_unlink(path);
    g_rmdir(manager->directory);
    g_free(manager->directory);
    close(manager->fd);
    g_hash_table_destroy(manager->kept);
    g_unsetenv("NOTIFY_SOCKET");
    g_free(manager);
    reserve_fds();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Manager, manager_free)

static int
get_passed_fd(struct msghdr *message)
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    int fd = -1;

    if (header && header->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    return fd;
}

static void
obey(Manager *manager, const char *text, int fd)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *const *list = (const char *const *)lines;
    const char *name = strstr(text, "FDNAME=");
    g_auto(GStrv) names = g_strsplit(name ? name + strlen("FDNAME=") : "", "\n", 2);

    if (g_strv_contains(list, "FDSTOREREMOVE=1")) {
        g_hash_table_remove(manager->kept, names[0]);
    } else if (g_strv_contains(list, "FDSTORE=1")) {
        g_assert_true(g_strv_contains(list, "FDPOLL=0"));
        g_assert_cmpint(fd, >=, 0);
        /* Two of one name would both come back. */
        g_assert_false(g_hash_table_contains(manager->kept, names[0]));
        g_hash_table_insert(manager->kept, g_strdup(names[0]), GINT_TO_POINTER(fd));
    }
}

static void
manager_read(Manager *manager)
{
    char text[1024];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {text, sizeof(text) - 1};
    gssize n;

    for (;;) {
        struct msghdr message = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control),
        };

        n = recvmsg(manager->fd, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
            return;
        text[n] = '\0';
        obey(manager, text, get_passed_fd(&message));
    }
}

static bool
manager_keeps(Manager *manager, const char *id, const char *what)
{
    g_autofree char *name = g_strconcat(id, ".", what, NULL);

    manager_read(manager);
    return g_hash_table_contains(manager->kept, name);
}

/* Passes a copy of all that is kept, as to a new process, and makes that one's store. */
static FdStore *
manager_restart(Manager *manager)
{
    g_autoptr(GString) names = g_string_new(NULL);
    g_autofree char *pid = g_strdup_printf("%d", getpid());
    g_autofree char *count = NULL;
    GHashTableIter iter;
    gpointer name;
    gpointer fd;
    int next = FIRST_FD;

    manager_read(manager);
    g_hash_table_iter_init(&iter, manager->kept);
    while (g_hash_table_iter_next(&iter, &name, &fd)) {
        g_assert_cmpint(next, <, FIRST_FD + MAX_PASSED);
        g_assert_cmpint(dup2(GPOINTER_TO_INT(fd), next++), >=, 0);
        g_string_append_printf(names, "%s%s", names->len > 0 ? ":" : "", (char *)name);
    }
    count = g_strdup_printf("%d", next - FIRST_FD);
    g_setenv("LISTEN_PID", pid, TRUE);
    g_setenv("LISTEN_FDS", count, TRUE);
    g_setenv("LISTEN_FDNAMES", names->str, TRUE);
    return fd_store_new();
}

/* The process ends, and the next one takes up what there is. */
static void
restart(Manager *manager, Stage *stage)
{
    g_clear_pointer(&stage->endpoint, endpoint_abandon);
    g_clear_pointer(&stage->fd_store, fd_store_free);
    stage->fd_store = manager_restart(manager);
    stage_open_resumed(stage);
}

static void
without_a_manager_nothing_is_kept(void)
{
    g_autoptr(FdStore) store = fd_store_new();

    fd_store_keep(store, CHANNEL_ID, "client", 0);
    fd_store_forget(store, CHANNEL_ID, "client");
    g_assert_cmpint(fd_store_take(store, CHANNEL_ID, "client"), ==, -1);
}

static void
what_is_kept_comes_back_by_its_name(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(FdStore) store = fd_store_new();
    g_autoptr(FdStore) next = NULL;
    int ends[2];
    int fd;

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    fd_store_keep(store, CHANNEL_ID, "client", 0);
    fd_store_keep(store, CHANNEL_ID, "client", ends[0]); /* in its place */
    close(ends[0]);
    next = manager_restart(manager);
    g_assert_cmpint(fd_store_take(next, CHANNEL_ID, "listen"), ==, -1);
    fd = fd_store_take(next, CHANNEL_ID, "client");
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, !=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_NONBLOCK, !=, 0);
    client_send(ends[1], "x");
    client_expect(NULL, fd, "x");
    g_assert_cmpint(fd_store_take(next, CHANNEL_ID, "client"), ==, -1);
    g_assert_null(g_getenv("LISTEN_FDS"));
    close(fd);
    close(ends[1]);
}

static bool
is_known(const char *id, gpointer user_data)
{
    return strcmp(id, CHANNEL_ID) == 0;
}

static void
what_nobody_knows_is_forgotten(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(FdStore) store = fd_store_new();
    g_autoptr(FdStore) next = NULL;

    fd_store_keep(store, CHANNEL_ID, "client", 0);
    fd_store_keep(store, OTHER_ID, "client", 0);
    next = manager_restart(manager);
    fd_store_prune(next, is_known, NULL);
    g_assert_true(manager_keeps(manager, CHANNEL_ID, "client"));
    g_assert_false(manager_keeps(manager, OTHER_ID, "client"));
    g_assert_cmpint(fd_store_take(next, OTHER_ID, "client"), ==, -1);
}

static void
sockets_of_units_are_not_touched(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(FdStore) store = NULL;

    g_hash_table_insert(manager->kept, g_strdup("virtxl-channeld.socket"),
                        GINT_TO_POINTER(fcntl(0, F_DUPFD_CLOEXEC, 20)));
    store = manager_restart(manager);
    fd_store_prune(store, is_known, NULL);
    g_assert_true(g_hash_table_contains(manager->kept, "virtxl-channeld.socket"));
}

/* A socket that listens, and a client of it. */
static int
open_with_client(Stage *stage)
{
    stage->source.listen = true;
    stage->fd_store = fd_store_new();
    stage_open(stage);
    return client_connect_unix(stage->path);
}

static void
a_socket_and_its_client_go_on(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    GStatBuf before;
    GStatBuf after;
    int client;
    int next;

    client = open_with_client(stage);
    client_send(client, "before, ");
    stage_expect_input(stage, "before, ");
    g_assert_cmpint(g_stat(stage->path, &before), ==, 0);
    client_send(client, "between, ");
    restart(manager, stage);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    g_assert_cmpint(g_stat(stage->path, &after), ==, 0);
    g_assert_cmpuint(before.st_ino, ==, after.st_ino);
    client_send(client, "after");
    stage_expect_input(stage, "before, between, after");
    stage_send(stage, "out", 3);
    client_expect(stage, client, "out");

    next = client_connect_unix(stage->path);
    close(client);
    client_send(next, ", next");
    stage_expect_input(stage, "before, between, after, next");
    close(next);
    stage_wait(stage, stage_is_unconnected);
    g_assert_false(manager_keeps(manager, CHANNEL_ID, "client"));
    g_assert_true(manager_keeps(manager, CHANNEL_ID, "listen"));
    g_clear_pointer(&stage->endpoint, endpoint_free);
    g_assert_false(manager_keeps(manager, CHANNEL_ID, "listen"));
    g_assert_cmpint(g_access(stage->path, F_OK), <, 0);
}

static void
a_half_closed_client_gets_its_answer_from_the_next_process(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int client;

    client = open_with_client(stage);
    client_send(client, "question");
    shutdown(client, SHUT_WR);
    stage_expect_input(stage, "question");
    restart(manager, stage);
    stage_rest(50);
    g_assert_cmpuint(stage_count_turns(), <, 10);
    stage_send(stage, "answer", 6);
    client_expect(stage, client, "answer");
    close(client);
}

static void
a_client_that_goes_meanwhile_is_drained(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int client;

    client = open_with_client(stage);
    stage_wait(stage, stage_is_connected);
    g_clear_pointer(&stage->endpoint, endpoint_abandon);
    client_send(client, "last words");
    close(client);
    g_clear_pointer(&stage->fd_store, fd_store_free);
    stage->fd_store = manager_restart(manager);
    stage_open_resumed(stage);
    stage_expect_input(stage, "last words");
    stage_wait(stage, stage_is_unconnected);
}

static void
a_socket_whose_file_was_removed_is_made_anew(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int client;

    stage->source.listen = true;
    stage->fd_store = fd_store_new();
    stage_open(stage);
    g_assert_cmpint(g_unlink(stage->path), ==, 0);
    restart(manager, stage);
    client = client_connect_unix(stage->path);
    client_send(client, "in");
    stage_expect_input(stage, "in");
    close(client);
}

static void
a_terminal_goes_on(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_PTY);
    g_autofree char *path = NULL;
    int user;

    stage->source.path = NULL;
    stage->fd_store = fd_store_new();
    stage_open(stage);
    path = g_strdup(endpoint_get_pty(stage->endpoint));
    user = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    stage_wait(stage, stage_is_connected);
    client_send(user, "between, ");
    restart(manager, stage);
    g_assert_cmpstr(endpoint_get_pty(stage->endpoint), ==, path);
    g_assert_true(endpoint_is_connected(stage->endpoint));
    client_send(user, "after");
    stage_expect_input(stage, "between, after");
    stage_send(stage, "out", 3);
    client_expect(stage, user, "out");
    close(user);
    stage_wait(stage, stage_is_unconnected);
}

static void
a_tcp_socket_goes_on(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_TCP);
    guint16 port = client_find_port(SOCK_STREAM);
    g_autofree char *service = g_strdup_printf("%u", port);
    int client;

    stage->source.listen = true;
    stage->source.host = (char *)"127.0.0.1";
    stage->source.service = service;
    stage->fd_store = fd_store_new();
    stage_open(stage);
    g_clear_pointer(&stage->endpoint, endpoint_abandon);
    client = client_connect_tcp(port);
    client_send(client, "in line meanwhile");
    g_clear_pointer(&stage->fd_store, fd_store_free);
    stage->fd_store = manager_restart(manager);
    stage_open_resumed(stage);
    stage_expect_input(stage, "in line meanwhile");
    close(client);
}

static void
a_client_hears_of_the_end_though_the_manager_has_its_socket(void)
{
    g_autoptr(Manager) manager = manager_new();
    g_autoptr(Stage) stage = stage_new(CHANNEL_SOURCE_UNIX);
    int client;
    char byte;

    client = open_with_client(stage);
    stage_wait(stage, stage_is_connected);
    g_clear_pointer(&stage->endpoint, endpoint_free);
    g_assert_cmpint(recv(client, &byte, 1, MSG_DONTWAIT), ==, 0);
    close(client);
    g_clear_pointer(&stage->fd_store, fd_store_free);
}

/* Without an end of the waiting this takes 200 times the timeout. */
static void
a_manager_that_does_not_read_does_not_stop_us(void)
{
    g_autoptr(Manager) manager = manager_new();
    gint64 begin;

    while (service_manager_notify("STATUS=full"))
        ;
    begin = g_get_monotonic_time();
    for (int i = 0; i < 200; i++)
        g_assert_false(service_manager_notify("STATUS=more"));
    g_assert_cmpint(g_get_monotonic_time() - begin, <, 20 * G_USEC_PER_SEC);
}

int
main(int argc, char **argv)
{
    reserve_fds();
    fixture_init(&argc, &argv);
#define ADD(name) g_test_add_func("/fd-store/" #name, name)
    ADD(without_a_manager_nothing_is_kept);
    ADD(what_is_kept_comes_back_by_its_name);
    ADD(what_nobody_knows_is_forgotten);
    ADD(sockets_of_units_are_not_touched);
    ADD(a_socket_and_its_client_go_on);
    ADD(a_half_closed_client_gets_its_answer_from_the_next_process);
    ADD(a_client_that_goes_meanwhile_is_drained);
    ADD(a_socket_whose_file_was_removed_is_made_anew);
    ADD(a_terminal_goes_on);
    ADD(a_tcp_socket_goes_on);
    ADD(a_client_hears_of_the_end_though_the_manager_has_its_socket);
    ADD(a_manager_that_does_not_read_does_not_stop_us);
    return g_test_run();
}
