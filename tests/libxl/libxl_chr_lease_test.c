/* Who has a device, and who is told when it is taken away.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "libxl/libxl_chr_lease.h"

#include <fcntl.h>
#include <unistd.h>

#define PATH "/dev/pts/1"

/* What a holder was told. */
typedef struct {
    guint told;
    LibxlChrLeaseEnd how;
} Holder;

static void
on_end(LibxlChrLeaseEnd how, gpointer user_data)
{
    Holder *holder = user_data;

    holder->told++;
    holder->how = how;
}

static void
run_loop(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void
test_a_device_has_one_holder(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *first = libxl_chr_leases_claim(leases, PATH, false);
    LibxlChrLease *other = libxl_chr_leases_claim(leases, "/dev/pts/2", false);

    g_assert_nonnull(first);
    g_assert_nonnull(other);
    g_assert_null(libxl_chr_leases_claim(leases, PATH, false));
    libxl_chr_lease_release(first);
    first = libxl_chr_leases_claim(leases, PATH, false);
    g_assert_nonnull(first);
    libxl_chr_lease_release(first);
    libxl_chr_lease_release(other);
    libxl_chr_leases_free(leases);
}

static void
test_force_takes_it_over_and_the_holder_is_told_once(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *first = libxl_chr_leases_claim(leases, PATH, true);
    LibxlChrLease *second;
    Holder holder = {0};

    libxl_chr_lease_watch(first, on_end, &holder);
    second = libxl_chr_leases_claim(leases, PATH, true);
    g_assert_nonnull(second);
    libxl_chr_leases_end(leases);
    run_loop();
    g_assert_cmpuint(holder.told, ==, 1);
    g_assert_cmpint(holder.how, ==, LIBXL_CHR_LEASE_TAKEN_OVER);
    libxl_chr_lease_release(first);
    libxl_chr_lease_release(second);
    libxl_chr_leases_free(leases);
}

/* The old holder's release must not give the new holder's device away. */
static void
test_who_was_driven_out_gives_nothing_back(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *first = libxl_chr_leases_claim(leases, PATH, false);
    LibxlChrLease *second = libxl_chr_leases_claim(leases, PATH, true);

    libxl_chr_lease_release(first);
    g_assert_null(libxl_chr_leases_claim(leases, PATH, false));
    libxl_chr_lease_release(second);
    libxl_chr_leases_free(leases);
    run_loop();
}

static void
test_a_stop_tells_all(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *lease = libxl_chr_leases_claim(leases, PATH, false);
    Holder holder = {0};

    libxl_chr_lease_watch(lease, on_end, &holder);
    libxl_chr_leases_end(leases);
    libxl_chr_leases_free(leases);
    run_loop();
    g_assert_cmpuint(holder.told, ==, 1);
    g_assert_cmpint(holder.how, ==, LIBXL_CHR_LEASE_DOMAIN_STOPPED);
    libxl_chr_lease_release(lease);
}

static void
test_who_watches_too_late_is_told_all_the_same(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *lease = libxl_chr_leases_claim(leases, PATH, false);
    Holder holder = {0};

    libxl_chr_leases_end(leases);
    run_loop();
    libxl_chr_lease_watch(lease, on_end, &holder);
    run_loop();
    g_assert_cmpuint(holder.told, ==, 1);
    libxl_chr_lease_release(lease);
    libxl_chr_leases_free(leases);
}

static void
test_a_release_closes_the_descriptor_and_nobody_is_told(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    LibxlChrLease *lease = libxl_chr_leases_claim(leases, PATH, false);
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    Holder holder = {0};

    libxl_chr_lease_set_fd(lease, fd);
    g_assert_cmpint(libxl_chr_lease_get_fd(lease), ==, fd);
    libxl_chr_lease_watch(lease, on_end, &holder);
    libxl_chr_leases_end(leases);
    libxl_chr_lease_release(lease);
    run_loop();
    g_assert_cmpuint(holder.told, ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
    libxl_chr_leases_free(leases);
}

static gpointer
claim_and_release(gpointer data)
{
    for (guint i = 0; i < 2000; i++) {
        LibxlChrLease *lease = libxl_chr_leases_claim(data, PATH, i % 2 == 0);

        if (lease)
            libxl_chr_lease_release(lease);
    }
    return NULL;
}

static void
test_threads_may_claim_at_the_same_time(void)
{
    LibxlChrLeases *leases = libxl_chr_leases_new();
    GThread *threads[3];
    LibxlChrLease *last;

    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = g_thread_new("claims", claim_and_release, leases);
    for (guint i = 0; i < 100; i++) {
        libxl_chr_leases_end(leases);
        run_loop();
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++)
        g_thread_join(threads[i]);
    last = libxl_chr_leases_claim(leases, PATH, false);
    g_assert_nonnull(last);
    libxl_chr_lease_release(last);
    libxl_chr_leases_free(leases);
    run_loop();
}

static const struct {
    const char *name;
    GTestFunc function;
} tests[] = {
    {"a-device-has-one-holder", test_a_device_has_one_holder},
    {"force-takes-it-over-and-the-holder-is-told-once",
     test_force_takes_it_over_and_the_holder_is_told_once},
    {"who-was-driven-out-gives-nothing-back", test_who_was_driven_out_gives_nothing_back},
    {"a-stop-tells-all", test_a_stop_tells_all},
    {"who-watches-too-late-is-told-all-the-same", test_who_watches_too_late_is_told_all_the_same},
    {"a-release-closes-the-descriptor-and-nobody-is-told",
     test_a_release_closes_the_descriptor_and_nobody_is_told},
    {"threads-may-claim-at-the-same-time", test_threads_may_claim_at_the_same_time},
};

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/libxl/chr-lease/%s", tests[i].name);

        g_test_add_func(path, tests[i].function);
    }
    return g_test_run();
}
