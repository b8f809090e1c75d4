/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "util/handover.h"

#define N_ITEMS 1000

static guint n_freed;

static void
count_freed(gpointer item)
{
    n_freed++;
}

static void
expect_next(gpointer item, gpointer user_data)
{
    guint *n = user_data;

    g_assert_cmpuint(GPOINTER_TO_UINT(item), ==, ++*n);
}

static gpointer
push_all(gpointer handover)
{
    for (guint i = 1; i <= N_ITEMS; i++)
        handover_push(handover, GUINT_TO_POINTER(i));
    return NULL;
}

static void
items_come_in_order(void)
{
    guint n = 0;
    Handover *handover = handover_new(expect_next, count_freed, &n);
    GThread *thread;

    n_freed = 0;
    thread = g_thread_new("pushes", push_all, handover);
    while (n < N_ITEMS)
        g_main_context_iteration(NULL, TRUE);
    g_thread_join(thread);
    g_assert_cmpuint(n_freed, ==, N_ITEMS);
    handover_free(handover);
}

static void
what_waits_is_freed_and_not_handed_over(void)
{
    guint n = 0;
    Handover *handover = handover_new(expect_next, count_freed, &n);

    n_freed = 0;
    (void)push_all(handover);
    handover_free(handover);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    g_assert_cmpuint(n, ==, 0);
    g_assert_cmpuint(n_freed, ==, N_ITEMS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/handover/order", items_come_in_order);
    g_test_add_func("/handover/free", what_waits_is_freed_and_not_handed_over);
    return g_test_run();
}
