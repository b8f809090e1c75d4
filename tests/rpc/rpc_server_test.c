/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rpc_fixture.h"

#include "rpc/rpc_server.h"
#include "util/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* A server that answers every call at once, with one socket in a directory. */
typedef struct {
    RpcServer *server;
    char *directory;
    char *path;
    RpcClient *last; /* the client that came last; may be gone */
    RpcIdentity last_identity;
    guint came;
    guint left;
    guint calls;
    guint stopped;
    GPtrArray *kept; /* if not NULL: calls are kept here, unanswered */
} Stage;

static void
on_client(RpcServer *server, RpcClient *client, gpointer user_data)
{
    Stage *stage = user_data;

    stage->came++;
    stage->last = client;
    stage->last_identity = *rpc_client_get_identity(client);
}

static void
on_call(RpcClient *client, RpcMessage *call, gpointer user_data)
{
    Stage *stage = user_data;

    stage->calls++;
    if (stage->kept)
        g_ptr_array_add(stage->kept, rpc_message_ref(call));
    else
        rpc_client_send_reply(client, &call->header, NULL);
}

static void
on_closed(RpcClient *client, gpointer user_data)
{
    Stage *stage = user_data;

    stage->left++;
}

static void
on_stopped(RpcServer *server, gpointer user_data)
{
    Stage *stage = user_data;

    stage->stopped++;
}

static const RpcServerLimits limits_default = RPC_SERVER_LIMITS_DEFAULT;

static void
stage_open(Stage *stage, const RpcServerLimits *limits)
{
    const RpcServerHandler handler = {
        .on_client = on_client,
        .client =
            {
                .on_call = on_call,
                .on_closed = on_closed,
                .encode_error = fixture_encode_error,
            },
        .on_stopped = on_stopped,
    };

    *stage = (Stage){0};
    stage->server = rpc_server_new(limits ? limits : &limits_default, &handler, stage);
    stage->directory = g_dir_make_tmp("rpc-XXXXXX", NULL);
    stage->path = g_build_filename(stage->directory, "sock", NULL);
}

static void
stage_listen(Stage *stage, const RpcListenOptions *options)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(rpc_server_listen(stage->server, stage->path, 0600, (gid_t)-1, options, &error));
    g_assert_no_error(error);
}

static void
stage_close(Stage *stage)
{
    rpc_server_free(stage->server);
    g_remove(stage->path);
    g_assert_cmpint(g_rmdir(stage->directory), ==, 0);
    g_free(stage->path);
    g_free(stage->directory);
    g_clear_pointer(&stage->kept, g_ptr_array_unref);
}

static int
try_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A peer connected to the stage's socket. */
static void
peer_open(Fixture *peer, const Stage *stage)
{
    *peer = (Fixture){.peer_reader = rpc_reader_new()};
    WAIT_UNTIL((peer->peer = try_connect(stage->path)) >= 0);
}

static void
peer_close(Fixture *peer)
{
    close(peer->peer);
    rpc_reader_free(peer->peer_reader);
}

static void
assert_served(Fixture *peer)
{
    g_autoptr(RpcMessage) reply = NULL;

    peer_send_call(peer, 77);
    reply = peer_receive(peer);
    g_assert_cmpuint(reply->header.serial, ==, 77);
    g_assert_cmpuint(reply->header.status, ==, RPC_STATUS_OK);
}

static guint
count_clients(const Stage *stage)
{
    RpcServerStatistics statistics;

    rpc_server_get_statistics(stage->server, &statistics);
    return statistics.clients;
}

/* --- the socket's file -------------------------------------------------- */

static void
test_socket_has_its_mode_and_goes_with_the_server(void)
{
    Stage stage;
    struct stat info;
    const RpcListenOptions options = {0};
    g_autoptr(GError) error = NULL;

    stage_open(&stage, NULL);
    g_assert_true(rpc_server_listen(stage.server, stage.path, 0666, getegid(), &options, &error));
    g_assert_cmpint(lstat(stage.path, &info), ==, 0);
    g_assert_true(S_ISSOCK(info.st_mode));
    g_assert_cmpuint(info.st_mode & 07777, ==, 0666);
    g_assert_cmpuint(info.st_gid, ==, getegid());
    rpc_server_stop(stage.server, 0);
    g_assert_cmpint(lstat(stage.path, &info), ==, -1);
    stage_close(&stage);
}

/* Listening at the stage's path fails with a message that has @part. */
static void
assert_refused(Stage *stage, const char *path, const char *part)
{
    const RpcListenOptions options = {0};
    g_autoptr(GError) error = NULL;

    g_assert_false(rpc_server_listen(stage->server, path, 0600, (gid_t)-1, &options, &error));
    g_assert_error(error, VIRTXL_ERROR, VIR_ERR_SYSTEM_ERROR);
    g_assert_nonnull(strstr(error->message, path));
    g_assert_nonnull(strstr(error->message, part));
}

static void
test_a_stale_socket_is_replaced(void)
{
    Stage stage;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Fixture peer;

    stage_open(&stage, NULL);
    g_strlcpy(address.sun_path, stage.path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
    close(fd);
    stage_listen(&stage, &(const RpcListenOptions){0});
    peer_open(&peer, &stage);
    assert_served(&peer);
    peer_close(&peer);
    stage_close(&stage);
}

static void
test_a_living_socket_is_left_alone(void)
{
    Stage first;
    Stage second;
    Fixture peer;

    stage_open(&first, NULL);
    stage_open(&second, NULL);
    stage_listen(&first, &(const RpcListenOptions){0});
    assert_refused(&second, first.path, "another process");
    peer_open(&peer, &first);
    assert_served(&peer);
    peer_close(&peer);
    stage_close(&second);
    stage_close(&first);
}

static void
test_other_files_are_left_alone(void)
{
    Stage stage;
    g_autofree char *target = NULL;
    g_autofree char *contents = NULL;

    stage_open(&stage, NULL);
    target = g_build_filename(stage.directory, "target", NULL);
    g_assert_true(g_file_set_contents(stage.path, "precious", -1, NULL));
    assert_refused(&stage, stage.path, "no socket");
    g_assert_true(g_file_get_contents(stage.path, &contents, NULL, NULL));
    g_assert_cmpstr(contents, ==, "precious");

    /* a link, dangling or not */
    g_assert_cmpint(g_rename(stage.path, target), ==, 0);
    g_assert_cmpint(symlink(target, stage.path), ==, 0);
    assert_refused(&stage, stage.path, "no socket");
    g_assert_cmpint(g_remove(target), ==, 0);
    assert_refused(&stage, stage.path, "no socket");
    g_assert_cmpint(g_remove(stage.path), ==, 0);

    g_assert_cmpint(g_mkdir(stage.path, 0700), ==, 0);
    assert_refused(&stage, stage.path, "no socket");
    stage_close(&stage);
}

static void
test_paths_that_can_not_be_are_errors(void)
{
    Stage stage;
    g_autofree char *name = g_strnfill(100, 'x');
    g_autofree char *long_path = g_strdup_printf("/tmp/rpc/%s", name);
    g_autofree char *missing = NULL;

    stage_open(&stage, NULL);
    missing = g_build_filename(stage.directory, "no", "such", NULL);
    assert_refused(&stage, long_path, "at most 107 bytes");
    assert_refused(&stage, missing, g_strerror(ENOENT));
    stage_close(&stage);
}

static void
test_a_file_that_took_our_place_stays(void)
{
    Stage stage;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    g_assert_cmpint(g_remove(stage.path), ==, 0);
    g_assert_true(g_file_set_contents(stage.path, "", -1, NULL));
    rpc_server_stop(stage.server, 0);
    g_assert_true(g_file_test(stage.path, G_FILE_TEST_EXISTS));
    stage_close(&stage);
}

static void
test_a_listening_descriptor_is_adopted(void)
{
    Stage stage;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const RpcListenOptions options = {.readonly = true};
    g_autoptr(GError) error = NULL;
    Fixture peer;

    stage_open(&stage, NULL);
    g_strlcpy(address.sun_path, stage.path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (const struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(listen(fd, 10), ==, 0);
    g_assert_true(rpc_server_adopt(stage.server, fd, &options, &error));
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, FD_CLOEXEC);
    peer_open(&peer, &stage);
    assert_served(&peer);
    g_assert_true(stage.last_identity.readonly);
    peer_close(&peer);
    rpc_server_stop(stage.server, 0);
    /* its file is somebody else's */
    g_assert_true(g_file_test(stage.path, G_FILE_TEST_EXISTS));
    stage_close(&stage);
}

static void
test_other_descriptors_are_not_adopted(void)
{
    Stage stage;
    const RpcListenOptions options = {0};
    const int fds[] = {
        open("/dev/null", O_RDWR),
        socket(AF_UNIX, SOCK_STREAM, 0),
        socket(AF_UNIX, SOCK_DGRAM, 0),
        socket(AF_INET, SOCK_STREAM, 0),
    };

    stage_open(&stage, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(rpc_server_adopt(stage.server, fds[i], &options, &error));
        g_assert_error(error, VIRTXL_ERROR, VIR_ERR_SYSTEM_ERROR);
        g_assert_cmpint(fcntl(fds[i], F_GETFD), ==, -1);
    }
    stage_close(&stage);
}

/* --- who comes in ------------------------------------------------------- */

static void
test_the_peer_is_known(void)
{
    Stage stage;
    Fixture peer;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    peer_open(&peer, &stage);
    assert_served(&peer);
    g_assert_cmpint(stage.last_identity.pid, ==, getpid());
    g_assert_cmpuint(stage.last_identity.uid, ==, geteuid());
    g_assert_cmpuint(stage.last_identity.gid, ==, getegid());
    g_assert_true(stage.last_identity.authenticated);
    g_assert_false(stage.last_identity.readonly);
    peer_close(&peer);
    stage_close(&stage);
}

static void
test_policy_admits_root_users_and_groups(void)
{
    const uid_t users[] = {1001, 1002};
    const gid_t groups[] = {2001};
    const RpcAuth auth = {RPC_AUTH_PEERCRED, users, 2, groups, 1};
    const RpcAuth none = {.policy = RPC_AUTH_NONE};
    const struct {
        RpcIdentity identity;
        bool admitted;
    } cases[] = {
        {{.uid = 0, .gid = 0}, true},
        {{.uid = 1002, .gid = 5}, true},
        {{.uid = 1003, .gid = 2001}, true},
        {{.uid = 1003, .gid = 1001}, false},
        {{.uid = (uid_t)-1, .gid = (gid_t)-1}, false},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_true(rpc_auth_admits(&none, -1, &cases[i].identity, NULL));
        g_assert_cmpint(rpc_auth_admits(&auth, -1, &cases[i].identity, &error), ==,
                        cases[i].admitted);
        if (!cases[i].admitted)
            g_assert_error(error, VIRTXL_ERROR, VIR_ERR_AUTH_FAILED);
    }
}

static void
test_polkit_is_asked_about_all_but_root(void)
{
    const RpcAuth auth = {.policy = RPC_AUTH_POLKIT};
    const RpcAuth peercred = {.policy = RPC_AUTH_PEERCRED};
    const RpcIdentity root = {.uid = 0}, user = {.uid = 1001};

    g_assert_false(rpc_auth_is_open(&auth, &root));
    g_assert_true(rpc_auth_admits(&auth, -1, &root, NULL));
    g_assert_true(rpc_auth_is_open(&auth, &user));
    g_assert_false(rpc_auth_admits(&auth, -1, &user, NULL));
    g_assert_false(rpc_auth_is_open(&peercred, &user));
}

/* In a child process that is @uid with @group as its only supplementary group:
 * connects, calls, and exits with the status of the answer, 99 if there is none. */
static GPid
start_stranger(const Stage *stage, uid_t uid, gid_t group)
{
    GPid pid = fork();

    if (pid == 0) {
        RpcHeader header = make_call(1, 5);
        g_autoptr(GByteArray) frame = make_frame(&header, NULL, 0);
        guint8 reply[RPC_FRAME_MIN];
        int fd;

        if (setgroups(1, &group) < 0 || setresgid(uid, uid, uid) < 0 ||
            setresuid(uid, uid, uid) < 0)
            _exit(98);
        fd = try_connect(stage->path);
        fcntl(fd, F_SETFL, 0);
        if (send(fd, frame->data, frame->len, MSG_NOSIGNAL) != (gssize)frame->len)
            _exit(97);
        if (recv(fd, reply, sizeof(reply), MSG_WAITALL) != sizeof(reply))
            _exit(99);
        _exit(reply[27]);
    }
    return pid;
}

static int
wait_stranger(GPid pid)
{
    int status;
    gint64 end = g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND;

    while (waitpid(pid, &status, WNOHANG) == 0)
        fixture_turn(end, "the other process ends");
    g_assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void
test_strangers_are_refused_and_members_admitted(void)
{
    Stage stage;
    const gid_t groups[] = {54321};
    const RpcListenOptions options = {
        .auth = {.policy = RPC_AUTH_PEERCRED, .groups = groups, .n_groups = 1},
    };
    RpcServerStatistics statistics;

    if (geteuid() != 0) {
        g_test_skip("only root can be somebody else");
        return;
    }
    stage_open(&stage, NULL);
    stage_listen(&stage, &options);
    g_assert_cmpint(chmod(stage.directory, 0755), ==, 0);
    g_assert_cmpint(chmod(stage.path, 0666), ==, 0);

    g_assert_cmpint(wait_stranger(start_stranger(&stage, 12345, 99)), ==, RPC_STATUS_ERROR);
    g_assert_cmpuint(stage.calls, ==, 0);
    rpc_server_get_statistics(stage.server, &statistics);
    g_assert_cmpuint(statistics.refused, ==, 1);

    g_assert_cmpint(wait_stranger(start_stranger(&stage, 12345, 54321)), ==, RPC_STATUS_OK);
    g_assert_cmpuint(stage.calls, ==, 1);
    stage_close(&stage);
}

/* --- limits ------------------------------------------------------------- */

static void
test_a_full_server_lets_the_next_one_wait(void)
{
    RpcServerLimits limits = limits_default;
    Stage stage;
    Fixture peers[4];

    limits.max_clients = 2;
    stage_open(&stage, &limits);
    stage_listen(&stage, &(const RpcListenOptions){0});
    for (gsize i = 0; i < G_N_ELEMENTS(peers); i++)
        peer_open(&peers[i], &stage);
    assert_served(&peers[0]);
    assert_served(&peers[1]);
    fixture_idle(20);
    g_assert_cmpuint(count_clients(&stage), ==, 2);
    g_assert_true(fixture_was_logged("no more are accepted"));

    peer_close(&peers[0]);
    assert_served(&peers[2]);
    peer_close(&peers[1]);
    assert_served(&peers[3]);
    peer_close(&peers[2]);
    peer_close(&peers[3]);
    WAIT_UNTIL(count_clients(&stage) == 0);
    stage_close(&stage);
}

static void
test_the_unauthenticated_do_not_block_the_rest(void)
{
    RpcServerLimits limits = limits_default;
    Stage stage;
    GPid pids[2];
    const RpcListenOptions options = {.auth.policy = RPC_AUTH_PEERCRED};
    Fixture peer;

    if (geteuid() != 0) {
        g_test_skip("only root can be somebody else");
        return;
    }
    limits.max_unauthenticated = 0;
    stage_open(&stage, &limits);
    stage_listen(&stage, &options);
    g_assert_cmpint(chmod(stage.directory, 0755), ==, 0);
    g_assert_cmpint(chmod(stage.path, 0666), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(pids); i++)
        pids[i] = start_stranger(&stage, 12345, 99);
    for (gsize i = 0; i < G_N_ELEMENTS(pids); i++)
        g_assert_cmpint(wait_stranger(pids[i]), >=, 97);
    peer_open(&peer, &stage);
    assert_served(&peer);
    peer_close(&peer);
    stage_close(&stage);
}

static void
test_one_user_can_not_take_all_places(void)
{
    RpcServerLimits limits = limits_default;
    Stage stage;

    if (geteuid() != 0) {
        g_test_skip("only root can be somebody else");
        return;
    }
    limits.max_clients_per_user = 0;
    stage_open(&stage, &limits);
    stage_listen(&stage, &(const RpcListenOptions){0});
    g_assert_cmpint(chmod(stage.directory, 0755), ==, 0);
    g_assert_cmpint(chmod(stage.path, 0666), ==, 0);
    g_assert_cmpint(wait_stranger(start_stranger(&stage, 12345, 99)), >=, 97);
    g_assert_cmpint(wait_stranger(start_stranger(&stage, 0, 0)), ==, RPC_STATUS_OK);
    stage_close(&stage);
}

static void
test_a_thousand_clients(void)
{
    const guint n = 1000;
    struct rlimit limit;
    Stage stage;
    g_autofree Fixture *peers = g_new0(Fixture, n);
    RpcServerStatistics statistics;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = MIN(limit.rlim_max, 4096);
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * n + 100) {
        g_test_skip("not enough descriptors");
        return;
    }
    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    for (guint i = 0; i < n; i++)
        peer_open(&peers[i], &stage);
    for (guint i = 0; i < n; i++)
        peer_send_call(&peers[i], i);
    for (guint i = 0; i < n; i++) {
        g_autoptr(RpcMessage) reply = peer_receive(&peers[i]);

        g_assert_cmpuint(reply->header.serial, ==, i);
    }
    rpc_server_get_statistics(stage.server, &statistics);
    g_assert_cmpuint(statistics.clients, ==, n);
    g_assert_cmpuint(statistics.accepted, ==, n);
    g_assert_cmpuint(statistics.traffic.calls, ==, n);
    for (guint i = 0; i < n; i++)
        peer_close(&peers[i]);
    WAIT_UNTIL(stage.left == n);
    rpc_server_get_statistics(stage.server, &statistics);
    g_assert_cmpuint(statistics.clients, ==, 0);
    g_assert_cmpuint(statistics.traffic.calls, ==, n);
    g_assert_cmpuint(statistics.traffic.bytes_received, ==, n * RPC_FRAME_MIN);
    g_assert_cmpuint(statistics.traffic.bytes_sent, ==, n * RPC_FRAME_MIN);
    stage_close(&stage);
}

/* Opens descriptors until the process can have no more, at a low limit. */
static GArray *
use_up_descriptors(void)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(int));
    int fd;

    while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        g_array_append_val(fds, fd);
    g_assert_cmpint(errno, ==, EMFILE);
    return fds;
}

static void
test_no_descriptors_left_does_not_spin(void)
{
    struct rlimit limit;
    struct rlimit low;
    Stage stage;
    Fixture peer;
    gint64 end;
    guint turns = 0;
    g_autoptr(GArray) fds = NULL;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    peer_open(&peer, &stage);
    getrlimit(RLIMIT_NOFILE, &limit);
    low = limit;
    low.rlim_cur = 100;
    setrlimit(RLIMIT_NOFILE, &low);
    fds = use_up_descriptors();
    end = g_get_monotonic_time() + 100000;
    while (g_get_monotonic_time() < end)
        turns += g_main_context_iteration(NULL, FALSE);
    for (guint i = 0; i < fds->len; i++)
        close(g_array_index(fds, int, i));
    setrlimit(RLIMIT_NOFILE, &limit);
    g_assert_cmpuint(turns, <, 5);
    g_assert_true(fixture_was_logged("resting"));
    assert_served(&peer);
    peer_close(&peer);
    stage_close(&stage);
}

/* --- the end ------------------------------------------------------------ */

static void
test_stop_lets_calls_end(void)
{
    Stage stage;
    Fixture busy;
    Fixture idle;
    g_autoptr(RpcMessage) reply = NULL;
    RpcMessage *call;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    peer_open(&idle, &stage);
    assert_served(&idle);
    peer_open(&busy, &stage);
    stage.kept = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
    peer_send_call(&busy, 3);
    WAIT_UNTIL(stage.kept->len == 1);

    rpc_server_stop(stage.server, 60000);
    g_assert_cmpint(try_connect(stage.path), ==, -1);
    WAIT_UNTIL(stage.left == 1);
    g_assert_true(peer_sees_end(&idle));
    g_assert_cmpuint(stage.stopped, ==, 0);
    call = g_ptr_array_index(stage.kept, 0);
    rpc_client_send_reply(stage.last, &call->header, NULL);
    reply = peer_receive(&busy);
    WAIT_UNTIL(stage.stopped == 1);
    g_assert_true(peer_sees_end(&busy));
    peer_close(&busy);
    peer_close(&idle);
    stage_close(&stage);
}

static void
test_stop_ends_in_time_and_without_clients(void)
{
    Stage stage;
    Fixture peer;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    peer_open(&peer, &stage);
    stage.kept = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
    peer_send_call(&peer, 3);
    WAIT_UNTIL(stage.kept->len == 1);
    rpc_server_stop(stage.server, 10);
    WAIT_UNTIL(stage.stopped == 1);
    peer_close(&peer);
    stage_close(&stage);

    stage_open(&stage, NULL);
    rpc_server_stop(stage.server, 10);
    WAIT_UNTIL(stage.stopped == 1);
    stage_close(&stage);
}

static void
test_a_client_may_outlive_its_server(void)
{
    Stage stage;
    Fixture peer;
    RpcClient *client;
    RpcMessage *call;

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    stage.kept = g_ptr_array_new_with_free_func((GDestroyNotify)rpc_message_unref);
    peer_open(&peer, &stage);
    peer_send_call(&peer, 3);
    WAIT_UNTIL(stage.kept->len == 1);
    client = rpc_client_ref(stage.last);
    call = rpc_message_ref(g_ptr_array_index(stage.kept, 0));
    stage_close(&stage);
    g_assert_cmpuint(stage.left, ==, 1);
    rpc_client_send_reply(client, &call->header, NULL);
    rpc_message_unref(call);
    rpc_client_unref(client);
    peer_close(&peer);
}

static void
send_event(RpcClient *client, gpointer payload)
{
    rpc_client_send_message(client, TEST_PROGRAM, 1, 318, payload);
}

static void
test_an_event_for_everybody(void)
{
    Stage stage;
    Fixture peers[10];
    g_autoptr(GBytes) payload = g_bytes_new("event", 5);

    stage_open(&stage, NULL);
    stage_listen(&stage, &(const RpcListenOptions){0});
    for (gsize i = 0; i < G_N_ELEMENTS(peers); i++) {
        peer_open(&peers[i], &stage);
        assert_served(&peers[i]);
    }
    rpc_server_foreach_client(stage.server, send_event, payload);
    for (gsize i = 0; i < G_N_ELEMENTS(peers); i++) {
        g_autoptr(RpcMessage) event = peer_receive(&peers[i]);

        g_assert_cmpuint(event->header.type, ==, RPC_TYPE_MESSAGE);
        g_assert_true(g_bytes_equal(event->payload, payload));
        peer_close(&peers[i]);
    }
    stage_close(&stage);
}

static const struct {
    const char *path;
    GTestFunc function;
} tests[] = {
    {"socket-has-its-mode-and-goes-with-the-server",
     test_socket_has_its_mode_and_goes_with_the_server},
    {"a-stale-socket-is-replaced", test_a_stale_socket_is_replaced},
    {"a-living-socket-is-left-alone", test_a_living_socket_is_left_alone},
    {"other-files-are-left-alone", test_other_files_are_left_alone},
    {"paths-that-can-not-be-are-errors", test_paths_that_can_not_be_are_errors},
    {"a-file-that-took-our-place-stays", test_a_file_that_took_our_place_stays},
    {"a-listening-descriptor-is-adopted", test_a_listening_descriptor_is_adopted},
    {"other-descriptors-are-not-adopted", test_other_descriptors_are_not_adopted},
    {"the-peer-is-known", test_the_peer_is_known},
    {"policy-admits-root-users-and-groups", test_policy_admits_root_users_and_groups},
    {"polkit-is-asked-about-all-but-root", test_polkit_is_asked_about_all_but_root},
    {"strangers-are-refused-and-members-admitted", test_strangers_are_refused_and_members_admitted},
    {"a-full-server-lets-the-next-one-wait", test_a_full_server_lets_the_next_one_wait},
    {"the-unauthenticated-do-not-block-the-rest", test_the_unauthenticated_do_not_block_the_rest},
    {"one-user-can-not-take-all-places", test_one_user_can_not_take_all_places},
    {"a-thousand-clients", test_a_thousand_clients},
    {"no-descriptors-left-does-not-spin", test_no_descriptors_left_does_not_spin},
    {"stop-lets-calls-end", test_stop_lets_calls_end},
    {"stop-ends-in-time-and-without-clients", test_stop_ends_in_time_and_without_clients},
    {"a-client-may-outlive-its-server", test_a_client_may_outlive_its_server},
    {"an-event-for-everybody", test_an_event_for_everybody},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    fixture_capture_log();
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/rpc/server/%s", tests[i].path);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
